"""JetBrains Datalore's Run API through the same handles and results as Deepnote's.

    from deepnote_async.datalore import AsyncDatalore

    async with AsyncDatalore() as client:
        result = await client.runs.run("user123/notebook456", {"Region": "EU"}, timeout=600)
        print(result.text)

https://www.jetbrains.com/help/datalore/run-api.html
"""

from deepnote_async.datalore.client import AsyncDatalore
from deepnote_async.datalore.models import DataloreRun

__all__ = ["AsyncDatalore", "DataloreRun"]
