using System.Globalization;

namespace Runner.Bench;

/// <summary>
/// The program on a store of a million ended runs: how soon it is ready, how soon an entity has answered that was not in memory, and what it takes
/// when nothing happens.
/// </summary>
internal static class IdleNode
{
    private const int Starts = 5;

    private static TimeSpan Idle => Scale.OfSeconds(30, 2);

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var folder = await MillionRuns.FolderAsync().ConfigureAwait(false);
        var runs = await MillionRuns.SomeAsync(Starts).ConfigureAwait(false);
        var (ready, answered) = (new Samples(), new Samples());
        for (var i = 0; i < Starts; i++)
        {
            var node = await NodeProgram.StartAsync(folder, $"api/v1/runs/{runs[i]}", MillionRuns.KeptForEver).ConfigureAwait(false);
            await using (node.ConfigureAwait(false))
            {
                ready.Add(node.Ready);
                answered.Add(node.Answered!.Value);
            }
        }

        report.Add(
            $"on a store of {MillionRuns.Count:N0} runs: process start to an entity's first answer, {Starts} starts", answered.ToString(),
            "bar: under 1,500 ms");
        report.Add($"the same: process start to ready, {Starts} starts", ready.ToString(), "bar: under 1,500 ms");

        // Alone: a node that was asked for something is not idle.
        var idle = await NodeProgram.StartAsync(folder, MillionRuns.KeptForEver).ConfigureAwait(false);
        await using (idle.ConfigureAwait(false))
        {
            await Pause.For(Idle).ConfigureAwait(false);
            var worked = idle.ProcessorTime();
            await Pause.For(Idle).ConfigureAwait(false);
            worked = idle.ProcessorTime() - worked;
            var use = idle.Use();
            report.Add(
                $"idle node on a store of {MillionRuns.Count:N0} runs: MB resident after {2 * Idle.TotalSeconds:0} s",
                string.Create(CultureInfo.InvariantCulture, $"{use.Resident:0.0}"),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"bar: under 160; its peak: {use.Peak:0.0}; {use.Threads} threads, {use.Descriptors} descriptors; "
                    + $"{worked / Idle:0.0%} of a processor while idle"));
        }
    }
}
