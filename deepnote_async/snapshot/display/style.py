"""The look of a page: of the colours of whatever surrounds it, so that it is readable in light and dark themes."""

from __future__ import annotations

STYLE = """\
.dn-page{font:13px/1.45 var(--jp-ui-font-family,system-ui,sans-serif);max-width:1000px;color:inherit}
.dn-page p{margin:2px 0}
.dn-head{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline;padding:4px 0 6px}
.dn-title{font-size:15px;font-weight:600}
.dn-fact{opacity:.8;overflow-wrap:anywhere}
.dn-fact code,.dn-bar code,.dn-input code{font:12px/1.45 var(--jp-code-font-family,ui-monospace,monospace)}
.dn-page code{background:none;color:inherit;padding:0}
.dn-badge{border-radius:9px;padding:1px 9px;font-size:12px;font-weight:600;color:#fff;background:#6b7280}
.dn-good{background:#15803d}
.dn-bad{background:#b91c1c}
.dn-reason{border-left:3px solid #dc2626;background:rgba(220,38,38,.1);padding:5px 10px;margin:0 0 8px}
.dn-reason strong{overflow-wrap:anywhere}
.dn-notebook{font-weight:600;font-size:14px;margin:12px 0 4px;overflow-wrap:anywhere}
.dn-block{border:1px solid rgba(128,128,128,.35);border-radius:5px;margin:5px 0;padding:4px 10px}
.dn-failed{border-color:#dc2626;border-left-width:3px}
.dn-idle{border-style:dashed}
.dn-idle>.dn-bar,.dn-idle>details{opacity:.75}
.dn-bar{display:flex;flex-wrap:wrap;gap:2px 12px;font-size:12px}
.dn-bar .dn-id{opacity:.6;overflow-wrap:anywhere}
.dn-kind{font-weight:600}
.dn-state{margin-left:auto}
.dn-failed .dn-state{color:#dc2626;font-weight:600}
.dn-page summary{cursor:pointer;font:12px/1.6 var(--jp-code-font-family,ui-monospace,monospace);opacity:.85;\
white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.dn-page pre.dn-text{font:12px/1.4 var(--jp-code-font-family,ui-monospace,monospace);white-space:pre;overflow:auto;\
max-height:30em;margin:3px 0;padding:5px 8px;background:rgba(128,128,128,.1);color:inherit;border:0;border-radius:3px}
.dn-page pre.dn-plain{background:none;padding:2px 0}
.dn-page pre.dn-stderr{background:rgba(234,88,12,.12)}
.dn-page pre.dn-error{background:rgba(220,38,38,.12)}
.dn-note{opacity:.75;font-style:italic;font-size:12px}
.dn-prose{padding:1px 11px;margin:3px 0}
.dn-prose p{white-space:pre-wrap;overflow-wrap:anywhere}
.dn-prose .dn-h1{font-size:18px;font-weight:600}
.dn-prose .dn-h2{font-size:16px;font-weight:600}
.dn-prose .dn-h3{font-size:14px;font-weight:600}
.dn-callout{border-left:3px solid #2563eb;background:rgba(37,99,235,.1)}
.dn-rule{border-top:1px solid rgba(128,128,128,.45);margin:8px 0}
.dn-input{display:flex;flex-wrap:wrap;gap:2px 12px;align-items:baseline;padding:1px 11px}
.dn-input code{white-space:pre-wrap;overflow-wrap:anywhere}
.dn-page img{display:block;max-width:100%;height:auto;background:#fff;margin:3px 0}
.dn-page iframe{display:block;width:100%;border:1px solid rgba(128,128,128,.35);border-radius:3px;background:#fff;\
resize:vertical;margin:3px 0;box-sizing:border-box;color-scheme:light}
.dn-scroll{overflow:auto;max-height:30em;margin:3px 0}
.dn-page table.dn-table{border-collapse:collapse;font-size:12px;border:0;margin:0}
.dn-page .dn-table th,.dn-page .dn-table td{padding:2px 9px;text-align:left;white-space:nowrap;color:inherit;\
background:none;border:0;border-bottom:1px solid rgba(128,128,128,.25)}
.dn-page .dn-table .dn-number{text-align:right;font-variant-numeric:tabular-nums}
.dn-dtype{opacity:.6;font-weight:400;font-size:11px}
"""

FRAME_STYLE = (
    "html{color-scheme:light}body{font:13px/1.4 system-ui,sans-serif;margin:6px;background:#fff;color:#111}"
    "table{border-collapse:collapse;font-size:12px;border:0}"
    "th,td{padding:2px 9px;text-align:right;border:0;border-bottom:1px solid #ddd}"
    "img,svg{max-width:100%}pre{white-space:pre-wrap}"
)
"""What HTML outputs look like that bring no style of their own; their authors expect a light page."""
