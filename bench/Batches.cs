using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Runner.Bench;

/// <summary>
/// A hundred thousand lines through the commands that answer lines with lines, as the shipped program from its start to its end: the cases that the
/// tests keep of what others answer, over and over, schedules each time from another year.
/// </summary>
internal static class Batches
{
    private const int Occurrences = 5;
    private static readonly string[] Zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];

    private static int Lines => Scale.Of(100_000, 1_000);

    private static int Rounds => Scale.Of(3, 1);

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var folder = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var crons = Vectors("Scheduling", "cron-vectors.jsonl").Select(line => line!["e"]!.GetValue<string>()).Distinct();
        var rules = Vectors("Scheduling", "rrule.jsonl").Select(line => line![1]!.GetValue<string>()).Distinct();
        var schemas = Vectors("Parameters", "schema-vectors.jsonl");
        (string What, string[] Command, string[] Lines)[] batches =
        [
            ("cron expressions", ["schedule", "preview", "--batch"], [.. Filled([.. crons], (cron, i) => Preview("cron", cron, i))]),
            ("recurrences", ["schedule", "preview", "--batch"], [.. Filled([.. rules], (rule, i) => Preview("rrule", rule, i))]),
            ("parameters, each with its schema", ["parameters", "check", "--batch"],
                [.. Filled(schemas, (vector, _) =>
                    new JsonObject { ["schema"] = vector!["schema"]?.DeepClone(), ["parameters"] = vector["parameters"]?.DeepClone() })]),
        ];
        foreach (var (what, command, lines) in batches)
        {
            var file = Path.Combine(folder, "lines");
            await File.WriteAllLinesAsync(file, lines).ConfigureAwait(false);
            var answers = new List<TimeSpan>();
            for (var round = 0; round < Rounds; round++)
            {
                answers.Add(await AnswerAsync(file, lines.Length, command).ConfigureAwait(false));
            }

            await File.WriteAllTextAsync(file, lines[0] + "\n").ConfigureAwait(false);
            var one = await AnswerAsync(file, 1, command).ConfigureAwait(false);
            report.Add(
                $"`runner {string.Join(' ', command)}`, {Lines:N0} lines of {what} ({lines.Distinct().Count():N0} different)",
                Text(answers.Order().ElementAt(Rounds / 2)), $"bar: seconds; one line: {Text(one)}; the median of {Rounds} runs");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static JsonNode?[] Vectors(string folder, string name) =>
        [.. File.ReadLines(Path.Combine(Report.Root(), "tests", "Actors.Tests", folder, "Vectors", name)).Select(line => JsonNode.Parse(line))];

    private static IEnumerable<string> Filled<T>(T[] cases, Func<T, int, JsonObject> line) =>
        Enumerable.Range(0, Lines).Select(i => line(cases[i % cases.Length], i).ToJsonString());

    private static JsonObject Preview(string kind, string text, int i) => new()
    {
        [kind] = text,
        ["timezone"] = Zones[i % Zones.Length],
        ["from"] = string.Create(CultureInfo.InvariantCulture, $"{2000 + (i % 97)}-03-07T00:00:00Z"),
        ["count"] = Occurrences,
    };

    /// <summary>From the start of the process to its end, every line answered.</summary>
    private static async Task<TimeSpan> AnswerAsync(string file, int lines, string[] command)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true };
        string[] arguments = ["-c", "exec \"$@\" <\"$0\"", file, Path.Combine(Report.Root(), "runner"), .. command];
        Array.ForEach(arguments, start.ArgumentList.Add);
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var answered = 0;
        while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is not null)
        {
            answered++;
        }

        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode == 0 && answered == lines
            ? watch.Elapsed
            : throw new InvalidOperationException($"{answered} of {lines} lines were answered; the exit code was {process.ExitCode}.");
    }

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");
}
