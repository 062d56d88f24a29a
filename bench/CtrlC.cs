namespace Runner.Bench;

/// <summary>From Ctrl-C on an idle node until its process is gone.</summary>
internal static class CtrlC
{
    private static int Times => Scale.Of(10, 2);

    private static TimeSpan Idle => Scale.OfSeconds(5, 2);

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var data = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var samples = new Samples();
        for (var i = 0; i < Times; i++)
        {
            var node = await NodeProgram.StartAsync(data).ConfigureAwait(false);
            await using (node.ConfigureAwait(false))
            {
                await Pause.For(Idle).ConfigureAwait(false);
                samples.Add(await node.InterruptAsync().ConfigureAwait(false));
            }
        }

        Directory.Delete(data, recursive: true);
        report.Add("Ctrl-C on an idle node: until its process is gone", samples.ToString(), "bar: under 500 ms");
    }
}
