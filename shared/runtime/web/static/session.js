// Tells a reader a few minutes before the login ends, and lets it go on without losing what was typed.
// Only a comfort: the page says in words when the login ends, and works without this script.
(() => {
  const region = document.querySelector("[data-session-renew-at]");
  if (!region) return;
  const warnMilliseconds = 5 * 60 * 1000;
  const button = region.querySelector("button");
  const time = region.querySelector("time");
  let timer;

  const waitFor = (endsAt) => {
    clearTimeout(timer);
    region.hidden = true;
    timer = setTimeout(() => { region.hidden = false; }, Math.max(0, endsAt - Date.now() - warnMilliseconds));
  };

  const goOn = async () => {
    const answer = await fetch(region.dataset.sessionRenewAt, { method: "POST", headers: { Accept: "application/json" } });
    if (!answer.ok) { location.reload(); return; }
    const { seconds_left: secondsLeft, ends_at: endsAt } = await answer.json();
    time.textContent = endsAt;
    waitFor(Date.now() + secondsLeft * 1000);
  };

  button.addEventListener("click", goOn);
  // Seconds instead of an instant: the reader's clock may be wrong.
  waitFor(Date.now() + Number(region.dataset.sessionSecondsLeft) * 1000);
})();
