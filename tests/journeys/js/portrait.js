/**
 * A camera that shows a drawn person on their own ground, who nods so that frames keep being made, and
 * a microphone with a soft voice; a screen that is shared is a page of a policy. `globalThis.portrait` is
 * set before; `portrait.trouble` may name what goes wrong, by kind of device.
 */
(() => {
  if (!navigator.mediaDevices) return;

  const WIDTH = 480;
  const HEIGHT = 360;
  const RATE = 8;

  /** @param {CanvasRenderingContext2D} pen @param {number} count */
  function draw(pen, count) {
    const { ground, coat } = portrait;
    const nod = 4 * Math.sin(count / 9);
    const light = pen.createLinearGradient(0, 0, WIDTH, HEIGHT);
    light.addColorStop(0, ground[0]);
    light.addColorStop(1, ground[1]);
    pen.fillStyle = light;
    pen.fillRect(0, 0, WIDTH, HEIGHT);
    pen.setTransform(WIDTH / 640, 0, 0, HEIGHT / 480, 0, 0); // the person is drawn on 640 by 480
    const round = (x, y, a, b, colour) => {
      pen.fillStyle = colour;
      pen.beginPath();
      pen.ellipse(x, y, a, b, 0, 0, 2 * Math.PI);
      pen.fill();
    };
    round(320, 520, 210, 190, coat);
    round(320, 320 + nod, 38, 60, "#d9a982");
    round(320, 178 + nod, 98, 104, "#2d2622");
    round(320, 220 + nod, 84, 104, "#e8bd98");
    const shut = count % 40 < 2;
    for (const x of [288, 352]) round(x, 214 + nod, 8, shut ? 1.5 : 8, "#2d2622");
    round(320, 268 + nod, 20, 5 + 4 * Math.abs(Math.sin(count / 3)), "#a8574a");
    pen.resetTransform();
  }

  function picture() {
    const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const track = canvas.captureStream(RATE).getVideoTracks()[0];
    let count = 0;
    const timer = setInterval(() => {
      if (track.readyState === "ended") return clearInterval(timer);
      draw(pen, (count += 1));
    }, 1000 / RATE);
    return track;
  }

  async function voice() {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const loudness = context.createGain();
    const output = context.createMediaStreamDestination();
    tone.frequency.value = 220;
    loudness.gain.value = 0.3;
    tone.connect(loudness).connect(output);
    tone.start();
    await context.resume();
    return output.stream.getAudioTracks()[0];
  }

  /** A page of a policy, with a pointer that moves. */
  function policy() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1600, height: 900 });
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const track = canvas.captureStream(RATE).getVideoTracks()[0];
    const rows = [
      ["缴费日期", "缴费项目", "金额（元）", "状态"],
      ["2023-03-15", "首期保险费", "11,000.00", "已收"],
      ["2024-03-15", "续期保险费", "11,000.00", "已收"],
      ["2025-03-15", "续期保险费", "11,000.00", "已收"],
      ["", "合计", "33,000.00", ""],
    ];
    let count = 0;
    const timer = setInterval(() => {
      if (track.readyState === "ended") return clearInterval(timer);
      pen.fillStyle = "#ffffff";
      pen.fillRect(0, 0, 1600, 900);
      pen.fillStyle = "#14314f";
      pen.font = "bold 52px sans-serif";
      pen.fillText("保单缴费记录", 80, 120);
      rows.forEach((row, line) => {
        const y = 250 + line * 110;
        pen.fillStyle = line === 0 ? "#dfe8f2" : "#ffffff";
        pen.fillRect(80, y - 68, 1440, 100);
        pen.fillStyle = "#1b2733";
        pen.font = `${line === 0 ? "bold " : ""}40px sans-serif`;
        row.forEach((cell, column) => pen.fillText(cell, 110 + column * 370, y));
      });
      pen.fillStyle = "#b3261e";
      pen.beginPath();
      pen.arc(1180 + 30 * Math.sin((count += 1) / 6), 760, 12, 0, 2 * Math.PI);
      pen.fill();
    }, 1000 / RATE);
    return track;
  }

  navigator.mediaDevices.getDisplayMedia = async () => new MediaStream([policy()]);

  navigator.mediaDevices.getUserMedia = async ({ audio, video } = {}) => {
    const { trouble = {} } = portrait;
    const failing = (video && trouble.video) || (audio && trouble.audio);
    if (failing) throw new DOMException("as the tour wants it", failing);
    const stream = new MediaStream();
    if (video) stream.addTrack(picture());
    if (audio) stream.addTrack(await voice());
    return stream;
  };
})();
