// What a reader with poor sight or a screen reader would meet: text that is too faint (WCAG AA), controls without a name.
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
      if (at.matches("dialog")) break;
    }
    return layers.reduceRight((below, top) => over(top, below), rgba(getComputedStyle(document.body).backgroundColor));
  };
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const root = document.querySelector("dialog[open]") || document.body;
  const faults = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !seen(element) || element.closest("script, .only-read, .skip")) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const [a, b] = [luminance(over(rgba(style.color), below)), luminance(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) faults.push(`${ratio.toFixed(2)} ${element.className}: ${walker.currentNode.textContent.trim().slice(0, 40)}`);
  }
  for (const control of root.querySelectorAll("a, button, input:not([type=hidden]), textarea, [role=log], nav, dialog[open]")) {
    if (!seen(control)) continue;
    const labelled = control.getAttribute("aria-labelledby");
    const name = control.getAttribute("aria-label") || (labelled && document.getElementById(labelled)?.textContent)
      || (control.labels?.[0] && control.labels[0].textContent) || (control.matches("a, button") && control.textContent);
    if (!name || !name.trim()) faults.push(`no name: ${control.outerHTML.slice(0, 80)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) faults.push(`id twice: ${id}`);
  return faults;
}
