"""Tests of the regression check. Run `python3 -m unittest` in this folder."""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import table

COMMITTED = Path(__file__).resolve().parents[2] / "docs/benchmarks"


def result(rows, **more):
    rows = [{"case": case, "milliseconds": times} for case, times in rows.items()]
    return {"topic": "t", "ours": "mantis-x", "rows": rows, "machine": "m", "versions": {"numpy": "2"}, **more}


def told(committed, new, tolerance=0.75):
    """Verdict of each case and reference."""
    return {(case, name): verdict for case, name, _, _, verdict in table.verdicts(committed, new, tolerance)}


class Verdicts(unittest.TestCase):
    def test_only_the_ratio_counts(self):
        old = result({"a": {"mantis-x": 1.0, "ref": 10.0}})
        slower_machine = result({"a": {"mantis-x": 5.0, "ref": 50.0}})
        self.assertEqual(told(old, slower_machine), {("a", "ref"): "ok"})
        reference_kept = result({"a": {"mantis-x": 2.0, "ref": 10.0}})
        self.assertEqual(told(old, reference_kept), {("a", "ref"): "REGRESSION"})

    def test_the_tolerance_is_the_least_share_that_passes(self):
        old = result({"a": {"mantis-x": 1.0, "ref": 8.0}})
        for reference, tolerance, verdict in [(6.0, 0.75, "ok"), (5.9, 0.75, "REGRESSION"), (5.9, 0.5, "ok"), (16.0, 1, "ok")]:
            new = result({"a": {"mantis-x": 1.0, "ref": reference}})
            self.assertEqual(told(old, new, tolerance), {("a", "ref"): verdict}, (reference, tolerance))

    def test_each_reference_is_compared_and_our_other_sides_are_none(self):
        old = result({"a": {"mantis-x": 1.0, "mantis-x, all cores": 0.5, "one": 8.0, "two": 4.0}})
        new = result({"a": {"mantis-x": 1.0, "mantis-x, all cores": 9.0, "one": 8.0, "two": 2.0}})
        self.assertEqual(told(old, new), {("a", "one"): "ok", ("a", "two"): "REGRESSION"})

    def test_missing_and_new_are_told(self):
        old = result({"a": {"mantis-x": 1.0, "ref": 8.0, "gone": 8.0}, "b": {"mantis-x": 1.0, "ref": 8.0}})
        new = result({"a": {"mantis-x": 1.0, "ref": 8.0}, "c": {"mantis-x": 1.0, "ref": 0.1}})
        expected = {("a", "ref"): "ok", ("a", "gone"): "missing", ("b", "ref"): "missing", ("c", "ref"): "new"}
        self.assertEqual(told(old, new), expected)

    def test_without_a_reference_in_the_same_run_nothing_is_compared(self):
        times = {"alone": {"mantis-x": 1.0}, "recorded": {"mantis-x": 1.0, "ref": 8.0}}
        slow = {"alone": {"mantis-x": 9.0}, "recorded": {"mantis-x": 9.0, "ref": 8.0}}
        verdict = "no reference, not compared"
        expected = {("alone", ""): verdict, ("recorded", ""): verdict}
        self.assertEqual(told(result(times, elsewhere=["ref"]), result(slow, elsewhere=["ref"])), expected)

    def test_a_first_reference_is_new_and_a_lost_one_missing(self):
        alone, beside = result({"a": {"mantis-x": 1.0}}), result({"a": {"mantis-x": 1.0, "ref": 8.0}})
        self.assertEqual(told(alone, beside), {("a", "ref"): "new"})
        self.assertEqual(told(beside, alone), {("a", ""): "no reference, not compared", ("a", "ref"): "missing"})
        self.assertEqual(told(alone, result({})), {("a", ""): "missing"})

    def test_a_ratio_that_is_no_number_fails(self):
        old, new = (result({"a": {"mantis-x": 1.0, "ref": x}}) for x in (8.0, float("nan")))
        self.assertEqual(told(old, new), {("a", "ref"): "REGRESSION"})


class Check(unittest.TestCase):
    def run_check(self, committed, new):
        """Exit code and what is printed."""
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
            for name, results in (("old", committed), ("new", new)):
                Path(folder, name).mkdir()
                for data in results:
                    Path(folder, name, f"{data['topic']}.json").write_text(json.dumps(data))
            code = table.check(f"{folder}/old", f"{folder}/new", "0.75")
        return code, out.getvalue()

    def test_one_regression_fails_the_run(self):
        old = result({"a": {"mantis-x": 1.0, "ref": 8.0}, "b": {"mantis-x": 1.0, "ref": 8.0}})
        new = result({"a": {"mantis-x": 1.0, "ref": 8.0}, "b": {"mantis-x": 2.0, "ref": 8.0}})
        self.assertEqual(self.run_check([old], [old])[0], 0)
        code, text = self.run_check([old], [new])
        self.assertEqual(code, 1)
        self.assertRegex(text, r"t: b +ref +8\.00x +4\.00x +REGRESSION\n")
        self.assertIn("1 of 2 ratios", text)

    def test_topics_that_did_not_run_are_left_alone_and_new_ones_told(self):
        old = result({"a": {"mantis-x": 1.0, "ref": 8.0}})
        code, text = self.run_check([old], [{**old, "topic": "other"}])
        self.assertEqual(code, 0)
        self.assertRegex(text, r"other: a +ref +8\.00x +new\n")
        self.assertNotIn("t: a", text)

    def test_other_versions_and_machines_are_told(self):
        old = result({"a": {"mantis-x": 1.0, "ref": 8.0}})
        code, text = self.run_check([old], [{**old, "machine": "n", "versions": {"numpy": "3"}}])
        self.assertEqual(code, 0)
        self.assertIn("t: committed on m, now on n\n", text)
        self.assertIn("t: committed with numpy 2, now 3\n", text)

    def test_the_committed_figures_pass_against_themselves(self):
        results = [json.loads(path.read_text()) for path in sorted(COMMITTED.glob("*.json"))]
        code, text = self.run_check(results, results)
        self.assertEqual(code, 0)
        self.assertTrue(results)
        for row in ("vmd: whole signal, N = 512", "data: CSV of 65,000 bars", "salience: binary"):
            self.assertIn(row, text)
        self.assertRegex(text, r"salience: .*not compared\n")


if __name__ == "__main__":
    unittest.main()
