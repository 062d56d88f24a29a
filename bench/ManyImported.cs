using System.Globalization;

namespace Runner.Bench;

/// <summary>
/// `runner import` of a file with very many deployments, as the shipped program on the shipped node: the plan alone, and the whole; once more, when
/// nothing is new.
/// </summary>
internal static class ManyImported
{
    private static int Count => Scale.Of(700_000, 2_000);

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var folder = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var file = Path.Combine(folder, "deployments.yaml");
        await WriteAsync(file).ConfigureAwait(false);
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        await using (var node = await NodeProgram.StartAsync(data).ConfigureAwait(false))
        {
            foreach (var (what, more) in new (string, string[])[] { ("the plan (`--dry-run`)", ["--dry-run"]), ("all of it", ["--yes"]), (
                "once more, when nothing is new", ["--yes"]) })
            {
                var ran = await ShippedCommand.RunAsync(["import", file, "--data", data, .. more]).ConfigureAwait(false);
                var use = node.Use();
                report.Add(
                    string.Create(
                        CultureInfo.InvariantCulture, $"`runner import` of {Count:N0} deployments, {new FileInfo(file).Length / 1e6:0} MB: {what}"),
                    ran.ToString(),
                    string.Create(CultureInfo.InvariantCulture, $"the node {use.Peak:0} MB at most; its last line: {ran.Output.Split('\n')[^1]}"));
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task WriteAsync(string path)
    {
        await using var file = new StreamWriter(path);
        await file.WriteLineAsync("deployments:").ConfigureAwait(false);
        for (var i = 0; i < Count; i++)
        {
            await file.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"  - {{name: import{i % 100}/d{i}, command: [/bin/true, \"{i}\"], workdir: /, tags: [t{i % 20}], parameters: {{n: {i}}}, schedules: "
                + $"[{{cron: \"0 3 1 1 *\", timezone: UTC}}]}}")).ConfigureAwait(false);
        }
    }
}
