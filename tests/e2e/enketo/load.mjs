// Loads an XForm in Enketo's transformer and prints, as JSON, what came out of it.
// usage: node load.mjs XFORM (run where node_modules is)
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const { transform } = createRequire(`${process.cwd()}/`)('enketo-transformer');
const xform = readFileSync(process.argv[2], 'utf8');
const { form, model, languageMap } = await transform({ xform });
const names = (text, pattern) => [...new Set([...text.matchAll(pattern)].map((found) => found[1]))];
console.log(JSON.stringify({
    languages: languageMap,
    questions: names(form, /name="(\/[^"]+)"/g),
    repeats: names(form, /class="or-repeat[^"]*" name="([^"]+)"/g),
    // How many labels, hints and messages of questions there are in each language.
    labels: Object.fromEntries(Object.entries(languageMap).map(([language, tag]) => [language,
        form.split(new RegExp(`lang="${tag}" class="(?:question-label|or-)`)).length - 1])),
    instances: names(model, /<instance id="([^"]+)"/g),
}));
