// Counts what is typed as the server counts it: characters and not code units, a line break as one, blanks at the ends
// not at all. Only a comfort: without this script the page says how much was saved, and too much is refused.
(() => {
  // What Python's str.strip takes off; trim() takes off something else.
  const blanks = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
  const ends = new RegExp(`^${blanks}|${blanks}$`, "gu");
  const quietMilliseconds = 1500;

  const lengthOf = (typed) => [...typed.replace(/\r\n?/g, "\n").replace(ends, "")].length;

  for (const counter of document.querySelectorAll("[data-counts]")) {
    const field = document.getElementById(counter.dataset.counts);
    const [shown, spoken] = counter.querySelectorAll("p");
    const limit = Number(counter.dataset.limit);
    let timer;

    const sentence = () => {
      const count = lengthOf(field.value);
      const words = count > limit ? counter.dataset.over : counter.dataset.within;
      return words.replace("{count}", count).replace("{difference}", Math.abs(limit - count));
    };

    const show = () => {
      shown.textContent = sentence();
      shown.classList.toggle("counter__shown--over", lengthOf(field.value) > limit);
    };

    // The shown figure changes with every key; the spoken one waits until the reader pauses.
    const speakSoon = () => {
      clearTimeout(timer);
      timer = setTimeout(() => { spoken.textContent = sentence(); }, quietMilliseconds);
    };

    shown.setAttribute("aria-hidden", "true");
    field.addEventListener("input", () => { show(); speakSoon(); });
    // A browser that goes back puts the typed text into the field after this script has run.
    addEventListener("pageshow", show);
    show();
  }
})();
