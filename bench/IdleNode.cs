using System.Globalization;

namespace Runner.Bench;

/// <summary>The program on a store of a million ended runs: how soon it is ready, and what it takes when nothing happens.</summary>
internal static class IdleNode
{
    private const int Starts = 5;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var folder = await MillionRuns.FolderAsync().ConfigureAwait(false);
        var ready = new Samples();
        for (var i = 1; i <= Starts; i++)
        {
            var node = await NodeProgram.StartAsync(folder, MillionRuns.KeptForEver).ConfigureAwait(false);
            await using (node.ConfigureAwait(false))
            {
                ready.Add(node.Ready);
                if (i == Starts)
                {
                    await Pause.For(Idle).ConfigureAwait(false);
                    var use = node.Use();
                    report.Add(
                        $"idle node on a store of {MillionRuns.Count:N0} runs: MB resident after {Idle.TotalSeconds:0} s",
                        string.Create(CultureInfo.InvariantCulture, $"{use.Resident:0.0}"),
                        string.Create(CultureInfo.InvariantCulture, $"bar: under 90; its peak: {use.Peak:0.0}; {use.Threads} threads, {use.Descriptors} descriptors"));
                }
            }
        }

        report.Add($"the same: process start to ready, {Starts} starts", ready.ToString(), "bar: under 1,000 ms");
    }
}
