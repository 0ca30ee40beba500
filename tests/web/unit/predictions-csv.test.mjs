// A table of predictions, for spreadsheets. The command line's is the same: src/bin/lastlayer/predictions_csv.rs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { predictionsCsv } from "../../../www/element/predictions-csv.js";

test("a table that spreadsheets read and do not compute", () => {
  const predictions = [
    { label: "=SUM(A1)", index: 0, probability: 0.75 },
    { label: 'a, "b"', index: 1, probability: 0.25 },
  ];
  const rows = [
    { name: "-1.jpg", label: "猫", predictions, unknown: true, problem: null },
    {
      name: "b.txt",
      label: null,
      predictions: [],
      unknown: false,
      problem: { code: "not-an-image", message: "not\nan image" },
    },
  ];
  assert.equal(
    predictionsCsv(rows),
    "\ufefffile,class,label_1,probability_1,label_2,probability_2,label_3,probability_3,label_4,probability_4,label_5,probability_5,none_of_these,error\r\n" +
      `'-1.jpg,猫,'=SUM(A1),0.750000,"a, ""b""",0.250000,,,,,,,yes,\r\n` +
      'b.txt,,,,,,,,,,,,,"not\nan image"\r\n',
  );
});
