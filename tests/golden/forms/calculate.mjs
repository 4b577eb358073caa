// Fills answer files into an XForm with ODK Web Forms' engine, and writes what it calculated.
//
// usage: node calculate.mjs XFORM OUT.json ANSWERS.json...
// Run it where the packages @getodk/xforms-engine and jsdom are installed. An answer that is unknown,
// not relevant or not a choice, and any question that the engine then finds in want or in breach of
// its constraint, is printed, and the exit code is 1. See README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.cwd()}/`);
const { JSDOM } = require('jsdom');
const window = new JSDOM('').window;
for (const name of Object.getOwnPropertyNames(window)) {
    if (/^(DOM|XML|XPath|Node|Element|Document|Attr|Text|Comment|CDATA|Processing|Character|HTML)/
        .test(name) && !(name in globalThis)) globalThis[name] = window[name];
}
// The engine's XPath parser asks for these as in a CommonJS module.
Object.assign(globalThis, { window, document: window.document, __dirname: process.cwd(), require });
const engine = `${process.cwd()}/node_modules/@getodk/xforms-engine/dist/index.js`;
const { loadForm } = await import(pathToFileURL(engine));

const UNSTABLE = new Set(['start', 'end', 'today', 'meta/instanceID']);
const [xform, out, ...files] = process.argv.slice(2);
const form = await loadForm(readFileSync(xform, 'utf8'), {});
if (form.status === 'failure') throw form.error;
let problems = 0;

const refOf = (node) => node.currentState.reference.replace(/^\/data\//, '');
const nameOf = (node) => refOf(node).split('/').pop().replace(/\[\d+\]$/, '');

/** Answers one control; groups and repeats go deeper. */
function answer(node, value, say) {
    if (!node.currentState.relevant) return say('not relevant', refOf(node));
    if (node.nodeType === 'group') return fill(node, value, say);
    if (node.nodeType.startsWith('repeat-range')) {
        for (let i = node.currentState.children.length; i < value.length; ++i) node.addInstances(i - 1);
        return value.forEach((row, i) => fill(node.currentState.children[i], row, say));
    }
    if (node.nodeType !== 'select') {
        return node.setValue(typeof value === 'number' ? BigInt(value) : value);
    }
    const values = Array.isArray(value) ? value : value.split(' ');
    const offered = new Set(node.currentState.valueOptions.map((option) => option.value));
    values.filter((one) => !offered.has(one)).forEach((one) => say('not a choice', refOf(node), one));
    return node.selectType === 'select' ? node.selectValues(values) : node.selectValue(values[0]);
}

/** Answers the children of a group, in the form's order. */
function fill(node, answers, say) {
    const left = new Set(Object.keys(answers));
    for (const child of node.currentState.children) {
        if (left.delete(nameOf(child))) answer(child, answers[nameOf(child)], say);
    }
    left.forEach((name) => say('unknown', refOf(node), name));
}

function collect(node, found) {
    for (const child of node.currentState.children ?? []) {
        const { relevant, value } = child.currentState;
        if (child.nodeType === 'model-value' && relevant && value && !UNSTABLE.has(refOf(child))) {
            found[refOf(child)] = value;
        }
        collect(child, found);
    }
    return found;
}

const calculated = {};
for (const file of files) {
    const say = (...words) => { ++problems; console.log(basename(file), ...words); };
    const { root } = form.createInstance();
    fill(root, JSON.parse(readFileSync(file, 'utf8')).answers, say);
    for (const { reference, violation } of root.validationState.violations) {
        say(violation.condition, reference);
    }
    calculated[basename(file)] = collect(root, {});
}
writeFileSync(out, `${JSON.stringify(calculated, null, 1)}\n`);
console.log(`${files.length} files, ${problems} problems`);
process.exit(problems ? 1 : 0);
