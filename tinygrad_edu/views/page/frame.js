(function (given) {
  /* In a notebook: puts the page in place of the picture, in a sandboxed frame, where scripts run.

     The picture stays as it is until the page says that its own script runs there too, and is what gets printed.
  */
  const root = document.currentScript ? document.currentScript.getRootNode() : document;

  function themeOf(box) {
    const marks = { dark: "[data-theme=dark],[data-jp-theme-light=false],.vscode-dark,[theme=dark]",
                    light: "[data-theme=light],[data-jp-theme-light=true],.vscode-light,[theme=light]" };
    for (let at = box; at; at = at.parentElement || (at.getRootNode() && at.getRootNode().host)) {
      for (const theme in marks) if (at.matches(marks[theme])) return theme;
    }
    return "auto";
  }

  const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const unpacked = (base64) => new Response(
    new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate"))).text();

  async function start(box) {
    const fallback = box.firstElementChild, image = fallback.querySelector("img");
    const picture = new TextDecoder().decode(bytesOf(image.src.slice(image.src.indexOf(",") + 1)));
    const page = await unpacked(given.page);
    const frame = document.createElement("iframe");
    frame.title = given.title;
    frame.setAttribute("sandbox", "allow-scripts allow-downloads");
    frame.style.cssText = "display:block;width:100%;border:0;color-scheme:normal;position:absolute;visibility:hidden";
    frame.style.height = given.height + "px";
    const tell = function () {
      if (frame.contentWindow) frame.contentWindow.postMessage({ tinygrad: { theme: themeOf(box) } }, "*");
    };
    addEventListener("message", function (event) {
      if (event.source !== frame.contentWindow || !event.data || !event.data.tinygrad) return;
      const height = Number(event.data.tinygrad.height);
      if (height > 0) frame.style.height = Math.min(Math.max(height, 80), given.height) + "px";
      if (!event.data.tinygrad.ready) return;
      tell();
      frame.style.position = "static";
      frame.style.visibility = "visible";
      box.setAttribute("data-started", "");
    });
    new MutationObserver(tell).observe(document.documentElement, { attributes: true });
    new MutationObserver(tell).observe(document.body, { attributes: true });
    const style = document.createElement("style");
    style.textContent = "@media screen{.tinygrad-edu[data-started]>div{display:none}}" +
      "@media print{.tinygrad-edu>iframe{display:none!important}}";
    box.style.position = "relative";
    box.append(style, frame);
    frame.getBoundingClientRect();                  // so that the page knows its size from the beginning
    frame.srcdoc = page.replace(given.picture, function () { return picture; });
  }

  if (typeof DecompressionStream !== "undefined") for (const box of root.querySelectorAll('[data-tinygrad="' + given.mark + '"]:not([data-begun])')) {
    box.setAttribute("data-begun", "");
    start(box);
  }
})
