// j and k move through the list; without this script the tab key does.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (/^(input|select|textarea)$/i.test(event.target.tagName)) return;
  const step = { j: 1, k: -1 }[event.key];
  if (!step) return;
  const links = [...document.querySelectorAll("#queue tbody th a")];
  const next = links[links.indexOf(document.activeElement) + step] ?? links[step > 0 ? 0 : links.length - 1];
  if (next) { next.focus(); event.preventDefault(); }
});
