"use strict";

const element = (id) => document.getElementById(id);
const say = (text) => { element("status").textContent = text; };

// load starts the preparation and the networks; it returns what models.json says, with a session for each member.
async function load() {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("./", location.href).href;
  const go = new Go();
  const prepare = await WebAssembly.instantiateStreaming(fetch("prepare.wasm"), go.importObject);
  go.run(prepare.instance); // never ends
  const ensemble = await (await fetch("models.json")).json();
  for (const member of ensemble.members) {
    member.session = await ort.InferenceSession.create(member.file, { executionProviders: ["wasm"] });
  }
  return ensemble;
}

// predict returns the probabilities of the classes: soft voting of the members, scaled by the temperature.
async function predict(ensemble, pixels) {
  const sum = new Array(ensemble.classes.length).fill(0);
  for (const member of ensemble.members) {
    const out = await member.session.run({ images: new ort.Tensor("uint8", pixels, [1, 28, 28]) });
    out.probabilities.data.forEach((p, i) => { sum[i] += member.weight * p; });
  }
  const scaled = sum.map((p) => Math.pow(p, 1 / ensemble.temperature));
  const total = scaled.reduce((a, b) => a + b);
  return scaled.map((p) => p / total);
}

// draw shows the 28x28 pixels.
function draw(pixels) {
  const context = element("image").getContext("2d");
  const picture = context.createImageData(28, 28);
  pixels.forEach((v, i) => { picture.data.set([v, v, v, 255], 4 * i); });
  context.putImageData(picture, 0, 0);
}

// show lists the classes, the most probable first.
function show(ensemble, probabilities, doubt) {
  const order = probabilities.map((_, i) => i).sort((a, b) => probabilities[b] - probabilities[a]);
  element("classes").replaceChildren(...order.map((i) => {
    const row = document.createElement("tr");
    for (const text of [ensemble.classes[i], probabilities[i].toFixed(4)]) {
      row.insertCell().textContent = text;
    }
    return row;
  }));
  const first = `${ensemble.classes[order[0]]}, with a probability of ${probabilities[order[0]].toFixed(4)}`;
  say(doubt ? `Not sure: ${doubt}. If it is one of the classes: ${first}.` : `${first}.`);
}

load().then((ensemble) => {
  say("Ready.");
  element("file").disabled = false;
  element("file").addEventListener("change", async (event) => {
    window.answer = undefined;
    element("classes").replaceChildren();
    try {
      const file = event.target.files[0];
      if (!file) {
        return;
      }
      const prepared = preparePhoto(new Uint8Array(await file.arrayBuffer()));
      if (prepared.error) {
        throw new Error(prepared.error);
      }
      draw(prepared.pixels);
      const probabilities = await predict(ensemble, prepared.pixels);
      show(ensemble, probabilities, prepared.doubt);
      window.answer = probabilities;
    } catch (error) {
      say(`This photo cannot be used: ${error.message}.`);
    }
  });
}).catch((error) => say(`The page cannot start: ${error.message}. It must come from a web server, even a plain one; a browser does not load it from a file.`));
