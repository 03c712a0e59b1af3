"""The group `kernels`: how soon a lone run or session of the emulator has its kernel."""
