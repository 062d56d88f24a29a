using System.Globalization;
using Microsoft.Data.Sqlite;
using Runner.Messages.Deployments;

namespace Runner.Bench;

/// <summary>
/// What entities that cannot be read cost the shipped program: processor time and lines of the log, beside the same node with none.
/// </summary>
internal static class Unreadable
{
    private static readonly int[] Counts = [0, 1, Scale.Of(10_000, 100)];

    private static TimeSpan For => Scale.OfSeconds(60, 10);

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        foreach (var damaged in Counts)
        {
            var data = Directory.CreateTempSubdirectory("runner-bench-").FullName;
            await FillAsync(data, Math.Max(1, damaged)).ConfigureAwait(false);
            if (damaged > 0)
            {
                await DamageAsync(data).ConfigureAwait(false);
            }

            var node = await NodeProgram.StartAsync(data).ConfigureAwait(false);
            await using (node.ConfigureAwait(false))
            {
                // Without their coming to memory and their first tries, a second, ten and a minute after each other.
                await Pause.For(TimeSpan.FromSeconds(Scale.IsQuick ? 3 : 90)).ConfigureAwait(false);
                var (began, lines) = (node.ProcessorTime(), Lines(data));
                await Pause.For(For).ConfigureAwait(false);
                var used = (node.ProcessorTime() - began) / For * 100;
                report.Add(
                    string.Create(CultureInfo.InvariantCulture, $"{damaged:N0} scheduled deployments that are due and cannot be read"),
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{used:0.0} % of a processor, {(Lines(data) - lines) / For.TotalMinutes:0.0} lines of the log a minute"),
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{lines} lines before; {node.Use().Resident:0} MB resident; bar: 1 line a minute, and the processor of the node without"));
            }

            Directory.Delete(data, recursive: true);
        }
    }

    private static int Lines(string data) => File.ReadLines(Path.Combine(data, "node.err")).Count();

    private static async Task FillAsync(string data, int count)
    {
        var node = await NodeProgram.StartAsync(data).ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            foreach (var chunk in Enumerable.Range(0, count).Chunk(500))
            {
                await node.Client.RegisterAsync([.. chunk.Select(i => new DeploymentSpec
                {
                    Name = string.Create(CultureInfo.InvariantCulture, $"bench/d{i:00000}"), Command = ["/bin/true"], Workdir = data,
                    Schedules = [new ScheduleSpec { Interval = TimeSpan.FromHours(100) }],
                })]).ConfigureAwait(false);
            }
        }
    }

    private static async Task DamageAsync(string data)
    {
        var connection = new SqliteConnection($"Data Source={NodeProgram.StoreIn(data)};Pooling=False");
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync().ConfigureAwait(false);
            var command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                command.CommandText = "UPDATE journal SET manifest = 'deployment.declareD/1'; UPDATE wakeups SET due = 1000";
                await command.ExecuteNonQueryAsync().ConfigureAwait(false);
            }
        }
    }
}
