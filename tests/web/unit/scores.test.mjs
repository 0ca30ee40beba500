// When a second score is worth a look.

import assert from "node:assert/strict";
import { test } from "node:test";
import { top5Says } from "../../../www/ui/scores.js";

test("top-5 is shown from ten classes up, and only where it differs from top-1", () => {
  assert.equal(top5Says({ top1: 1, top5: 1 }, 7), false, "100 % twice, of seven classes");
  assert.equal(top5Says({ top1: 0.6, top5: 0.95 }, 9), false, "five guesses are more than half of nine classes");
  assert.equal(top5Says({ top1: 1, top5: 1 }, 300), false, "the same number twice");
  assert.equal(top5Says({ top1: 0.6, top5: null }, 300), false, "there is none");
  assert.equal(top5Says({ top1: 0.6, top5: 0.95 }, 10), true);
});
