"use strict";
{
  // Whoever asks for less motion starts a video by hand.
  const calm = (node) => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      for (const video of node.querySelectorAll("video")) {
        video.removeAttribute("autoplay");
        video.pause?.();
      }
    }
    return node;
  };

  // follow looks at the file again and again while the run goes on. A page opened from a disk
  // may not read files, but may show one in a frame, which then sends what it holds.
  const follow = (main) => {
    const soon = 10, late = 300; // seconds between looks: soon after a change, later without
    let pause = soon;
    const look = () => {
      if (document.hidden) {
        setTimeout(look, 1000 * soon);
        return;
      }
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.title = "newer page";
      frame.src = location.href.replace(/[?#].*/, "") + "?look=" + Date.now();
      let limit = 0;
      const end = (again) => {
        clearTimeout(limit);
        removeEventListener("message", hear);
        frame.remove();
        if (again) setTimeout(look, 1000 * pause);
      };
      const hear = (event) => {
        if (event.source !== frame.contentWindow || typeof event.data !== "string") return;
        const found = new DOMParser().parseFromString(event.data, "text/html").querySelector("main");
        if (!found) return;
        const fresh = calm(document.importNode(found, true));
        pause = merge(main, fresh) ? soon : Math.min(2 * pause, late);
        main.toggleAttribute("data-live", fresh.hasAttribute("data-live"));
        end(main.hasAttribute("data-live"));
      };
      addEventListener("message", hear);
      limit = setTimeout(end, 60000, true);
      document.body.append(frame);
    };
    setTimeout(look, 1000 * soon);
  };

  // merge replaces the parts of a page that are new, and them alone: the scroll position, videos
  // that play and details that are open stay as they are.
  const merge = (old, fresh) => {
    if (old.tagName === "DETAILS") fresh.open = old.open;
    if (old.isEqualNode(fresh)) return false;
    const before = [...old.children], after = [...fresh.children];
    const alike = before.length === after.length && before.every((node, i) => node.tagName === after[i].tagName);
    if (["MAIN", "SECTION", "DIV", "DETAILS"].includes(old.tagName) && alike && before.length > 0) {
      return before.map((node, i) => merge(node, after[i])).includes(true);
    }
    old.replaceWith(fresh);
    return true;
  };

  const main = document.querySelector("main");
  if (parent !== window) {
    parent.postMessage(main.outerHTML, "*");
  } else {
    calm(document);
    if (main.hasAttribute("data-live")) follow(main);
  }
}
