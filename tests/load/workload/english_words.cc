#include "tests/load/workload/english_words.h"

namespace baton {
namespace {

// clang-format off
constexpr absl::string_view kWords[] = {
    "a", "able", "about", "above", "across", "act", "add", "after", "again", "age", "ago",
    "agree", "air", "all", "allow", "almost", "alone", "along", "already", "also", "always",
    "am", "among", "an", "and", "anger", "animal", "answer", "any", "apple", "are", "area",
    "arm", "army", "around", "arrive", "art", "as", "ask", "at", "away", "baby", "back",
    "bad", "bag", "ball", "band", "bank", "bar", "base", "be", "bear", "beat", "bed", "been",
    "before", "began", "begin", "behind", "being", "bell", "below", "best", "better",
    "between", "big", "bird", "bit", "black", "blood", "blow", "blue", "board", "boat",
    "body", "bone", "book", "born", "both", "bottom", "box", "boy", "bread", "break",
    "bright", "bring", "broke", "brother", "brown", "build", "burn", "busy", "but", "buy",
    "by", "cake", "call", "came", "camp", "can", "car", "card", "care", "carry", "case",
    "cat", "catch", "cause", "cell", "center", "chair", "chance", "change", "chart", "check",
    "chief", "child", "choose", "circle", "city", "class", "clean", "clear", "climb", "clock",
    "close", "cloth", "cloud", "coast", "coat", "cold", "color", "come", "common", "cook",
    "cool", "copy", "corn", "corner", "cost", "could", "count", "country", "course", "cover",
    "cow", "crop", "cross", "crowd", "cry", "current", "cut", "dance", "dark", "day", "dead",
    "deal", "dear", "death", "decide", "deep", "desk", "did", "die", "differ", "dinner", "do",
    "doctor", "does", "dog", "dollar", "done", "door", "double", "down", "draw", "dream",
    "dress", "drink", "drive", "drop", "dry", "during", "dust", "duty", "each", "ear",
    "early", "earth", "ease", "east", "easy", "eat", "edge", "egg", "eight", "either", "else",
    "end", "engine", "enjoy", "enough", "enter", "equal", "even", "evening", "ever", "every",
    "exact", "eye", "face", "fact", "fair", "fall", "family", "famous", "far", "farm", "fast",
    "fat", "father", "fear", "feed", "feel", "feet", "fell", "few", "field", "fight",
    "figure", "fill", "final", "find", "fine", "finger", "finish", "fire", "first", "fish",
    "fit", "five", "floor", "flow", "flower", "fly", "follow", "food", "foot", "for", "force",
    "forest", "form", "forward", "found", "four", "free", "fresh", "friend", "from", "front",
    "fruit", "full", "fun", "game", "garden", "gas", "gather", "gave", "get", "girl", "give",
    "glad", "glass", "go", "gold", "gone", "good", "got", "grand", "grass", "gray", "great",
    "green", "grew", "ground", "group", "grow", "guess", "guide", "had", "hair", "half",
    "hall", "hand", "happen", "happy", "hard", "has", "hat", "have", "he", "head", "hear",
    "heart", "heat", "heavy", "held", "help", "her", "here", "high", "hill", "him", "his",
    "history", "hit", "hold", "hole", "home", "hope", "horse", "hot", "hotel", "hour",
    "house", "how", "huge", "human", "hundred", "hunt", "hurry", "ice", "idea", "if", "in",
    "inch", "iron", "island", "it", "job", "join", "joy", "judge", "jump", "just", "keep",
    "kept", "key", "kind", "king", "kitchen", "knew", "know", "lady", "lake", "land", "large",
    "last", "late", "laugh", "law", "lay", "lead", "learn", "least", "leave", "left", "leg",
    "length", "less", "let", "letter", "level", "lie", "life", "lift", "light", "like",
    "line", "list", "listen", "little", "live", "local", "long", "look", "lost", "lot",
    "loud", "love", "low", "lunch", "machine", "made", "mail", "main", "make", "man", "many",
    "map", "mark", "market", "match", "matter", "may", "me", "meal", "mean", "meat", "meet",
    "melody", "metal", "middle", "might", "mile", "milk", "mind", "mine", "minute", "miss",
    "money", "month", "moon", "more", "morning", "most", "mother", "motion", "mountain",
    "mouth", "move", "much", "music", "must", "my", "name", "narrow", "nature", "near",
    "neck", "need", "never", "new", "news", "next", "nice", "night", "nine", "no", "noise",
    "none", "noon", "north", "nose", "not", "note", "now", "number", "object", "ocean", "of",
    "off", "office", "often", "oil", "old", "on", "once", "one", "only", "open", "or",
    "order", "other", "our", "out", "over", "own", "page", "paint", "pair", "paper", "parent",
    "park", "part", "pass", "past", "path", "pay", "people", "perhaps", "person", "picture",
    "piece", "place", "plain", "plan", "plane", "plant", "play", "please", "plenty", "point",
    "poor", "port", "post", "pound", "power", "present", "press", "pretty", "price", "print",
    "prize", "problem", "pull", "push", "put", "quarter", "queen", "question", "quick",
    "quiet", "quite", "race", "radio", "rain", "raise", "ran", "rather", "reach", "read",
    "ready", "real", "reason", "record", "red", "rest", "result", "rich", "ride", "right",
    "ring", "rise", "river", "road", "rock", "roll", "room", "root", "rope", "round", "rule",
    "run", "safe", "said", "sail", "salt", "same", "sand", "sat", "save", "saw", "say",
    "scale", "school", "sea", "seat", "second", "see", "seed", "seem", "sell", "send", "sent",
    "set", "seven", "several", "shape",
};
// clang-format on

}  // namespace

absl::Span<const absl::string_view> EnglishWords() { return kWords; }

}  // namespace baton
