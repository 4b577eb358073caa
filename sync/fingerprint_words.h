// The 256 words of a fingerprint (sync/trust.h), one for each byte value; part of the format, so
// their order is fixed. Chosen to be short, common, and unlike each other over a bad telephone
// line: no two share their first four letters. Threads: constants.
#pragma once

#include <array>
#include <string_view>

namespace awda::sync {

inline constexpr std::array<std::string_view, 256> kFingerprintWords{
    "acid",     "acorn",   "actor",   "agent",  "alarm",  "album",    "amber",  "angle",
    "ankle",    "apple",   "april",   "apron",  "arch",   "arena",    "arrow",  "atlas",
    "aunt",     "axis",    "baby",    "badge",  "bagel",  "baker",    "bamboo", "banana",
    "bank",     "barn",    "basin",   "basket", "beach",  "bean",     "bell",   "belt",
    "bench",    "berry",   "bicycle", "bird",   "blade",  "blanket",  "blue",   "boat",
    "bone",     "book",    "boot",    "bottle", "bowl",   "box",      "branch", "bread",
    "brick",    "bridge",  "broom",   "brush",  "bucket", "bulb",     "bus",    "button",
    "cabin",    "cable",   "cactus",  "cake",   "camel",  "candle",   "canoe",  "carbon",
    "card",     "carpet",  "carrot",  "castle", "cat",    "cedar",    "chair",  "chalk",
    "cheese",   "cherry",  "chess",   "circle", "citrus", "clay",     "clock",  "cloud",
    "clover",   "coal",    "coconut", "coffee", "coin",   "comet",    "copper", "coral",
    "corn",     "cotton",  "crab",    "crane",  "cream",  "crown",    "cube",   "cup",
    "curtain",  "daisy",   "deer",    "desk",   "dial",   "diamond",  "dish",   "dolphin",
    "donkey",   "door",    "dragon",  "drum",   "duck",   "dune",     "eagle",  "earth",
    "echo",     "egg",     "eight",   "elbow",  "engine", "envelope", "fabric", "falcon",
    "feather",  "fence",   "field",   "fig",    "film",   "finger",   "fish",   "flag",
    "flame",    "flute",   "forest",  "fork",   "fox",    "frog",     "fruit",  "garden",
    "garlic",   "gate",    "giraffe", "glass",  "glove",  "gold",     "grape",  "green",
    "guitar",   "hammer",  "harbor",  "hat",    "hill",   "honey",    "hook",   "horse",
    "hotel",    "house",   "ice",     "igloo",  "iron",   "island",   "ivory",  "jacket",
    "jar",      "jasmine", "jelly",   "jewel",  "juice",  "jungle",   "kettle", "key",
    "king",     "kiwi",    "knee",    "ladder", "lake",   "lamp",     "lemon",  "leopard",
    "letter",   "lily",    "lion",    "lizard", "magnet", "mango",    "map",    "marble",
    "market",   "meadow",  "melon",   "metal",  "milk",   "mirror",   "moon",   "mosque",
    "mountain", "museum",  "nail",    "needle", "nest",   "night",    "north",  "nurse",
    "oak",      "ocean",   "olive",   "onion",  "orange", "orbit",    "oven",   "owl",
    "oxygen",   "palm",    "panda",   "paper",  "parrot", "peach",    "pearl",  "pencil",
    "pepper",   "piano",   "pigeon",  "pilot",  "planet", "plum",     "pocket", "pony",
    "potato",   "puzzle",  "quartz",  "queen",  "rabbit", "radio",    "rain",   "ribbon",
    "rice",     "river",   "robot",   "rocket", "roof",   "rose",     "ruby",   "saddle",
    "salt",     "sand",    "silver",  "spider", "spoon",  "summer",   "tiger",  "tomato",
    "tulip",    "tunnel",  "velvet",  "violin", "wagon",  "window",   "yogurt", "zebra",
};

}  // namespace awda::sync
