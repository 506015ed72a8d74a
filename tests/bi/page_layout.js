// What leaves its place on a page: the page itself, texts that are cut, cells whose texts run into each other.
(isOnPaper) => {
  // What waits beside the screen, as a closed sidebar does, is not seen.
  const visible = (element) => element.checkVisibility({opacityProperty: true, visibilityProperty: true})
    && element.getBoundingClientRect().right > 0;
  const named = (element) => `${element.tagName.toLowerCase()}: ${(element.textContent || '').trim().slice(0, 60)}`;
  const width = document.documentElement.clientWidth;
  const cut = [];
  // A table that is wider than its place scrolls, except on paper.
  const texts = 'th, td, h1, h2, h3, p, li, summary, code, pre, button, label' + (isOnPaper ? ', .scroll' : '');
  for (const element of document.querySelectorAll(texts)) {
    const isShown = visible(element) && !element.closest('.unseen, .skip, [data-testid="stDataFrame"]');
    if (isShown && getComputedStyle(element).display !== 'inline' && element.scrollWidth > element.clientWidth + 1) {
      cut.push(named(element));
    }
  }
  for (const text of document.querySelectorAll('svg text')) {
    const box = text.getBoundingClientRect();
    if (visible(text) && box.width && (box.left < -1 || box.right > width + 1)) cut.push(`svg ${named(text)}`);
  }
  const collided = [];
  const boxes = (cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return [...range.getClientRects()];
  };
  for (const row of document.querySelectorAll('tr')) {
    if (!visible(row)) continue;
    const cells = [...row.cells].filter((cell) => cell.textContent.trim());
    for (let index = 1; index < cells.length; index++) {
      const right = Math.max(...boxes(cells[index - 1]).map((box) => box.right));
      const left = Math.min(...boxes(cells[index]).map((box) => box.left));
      if (left < right + 2) collided.push(`${named(cells[index - 1])} | ${named(cells[index])}`);
    }
  }
  // Labels of one chart: those of its axes, and names of lines. A pixel is what the boxes of letters have around them.
  for (const chart of document.querySelectorAll('svg.chart, svg[role="img"]')) {
    if (!visible(chart)) continue;
    const labels = [...chart.querySelectorAll('text')]
      .filter((text) => visible(text) && text.textContent.trim())
      .map((text) => [text.textContent.trim(), text.getBoundingClientRect()])
      .filter(([, box]) => box.width);
    labels.forEach(([name, box], index) => {
      for (const [other, its] of labels.slice(index + 1)) {
        const apart = box.right < its.left + 1 || its.right < box.left + 1
          || box.bottom < its.top + 4 || its.bottom < box.top + 4;
        if (!apart) collided.push(`${name} | ${other}`);
      }
    });
  }
  return {page_width: document.documentElement.scrollWidth, cut, collided};
}
