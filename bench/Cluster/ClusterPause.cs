using System.Globalization;

namespace Runner.Bench.Cluster;

/// <summary>A node stands still for longer than its leases and goes on: first one that is not the oldest, then the oldest.</summary>
/// <param name="Times">How often each.</param>
internal sealed record ClusterPause(int Times)
{
    private static readonly TimeSpan Stands = TimeSpan.FromSeconds(20);

    public async Task MeasureAsync(Report report)
    {
        var rig = await ClusterRig.StartAsync("pause").ConfigureAwait(false);
        await using (rig.ConfigureAwait(false))
        {
            await rig.BeginLoadAsync().ConfigureAwait(false);
            await Pause.For(Scale.OfSeconds(15, 5)).ConfigureAwait(false);
            var (ofOldest, ofOther, back) = (new List<Failover>(), new List<Failover>(), new List<double>());
            for (var i = 0; i < 2 * Times; i++)
            {
                var oldest = i % 2 == 1;
                var victim = rig.Nodes[oldest ? 0 : 1];
                var stopped = ProgramLives.Uptime();
                var measured = await FailoverProbe.MeasureAsync(rig, rig.Nodes[2], Scale.Of(200, 60), () =>
                {
                    victim.Signal("STOP");
                    return Task.CompletedTask;
                }).ConfigureAwait(false);
                (oldest ? ofOldest : ofOther).Add(measured);
                await Pause.For(TimeSpan.FromSeconds(Math.Max(0, stopped + Stands.TotalSeconds - ProgramLives.Uptime()))).ConfigureAwait(false);
                var again = ProgramLives.Uptime();
                await rig.GoOnAsync(victim).ConfigureAwait(false);
                back.Add(ProgramLives.Uptime() - again);
                rig.Down.Add((victim.Api, stopped, again + back[^1]));
                ClusterRig.Say($"{victim.Name}{(oldest ? ", the oldest," : "")} stood still: {measured}; a member again "
                    + string.Create(CultureInfo.InvariantCulture, $"{back[^1]:0.0} s after it went on; load {ClusterRig.LoadOfMachine()}"));
                await Pause.For(Scale.OfSeconds(8, 4)).ConfigureAwait(false);
            }

            var load = ClusterRig.LoadOfMachine();
            var checker = await rig.EndAsync().ConfigureAwait(false);
            Failover.Add(report, "SIGSTOP of another node", ofOther, "bar: last under 10 s");
            Failover.Add(report, "SIGSTOP of the oldest node", ofOldest, "bar: last under 10 s");
            report.Add(
                "SIGSTOP: after 20 s SIGCONT, from that to a member that all see",
                string.Create(CultureInfo.InvariantCulture, $"median {Samples.Median(back):0.0} s"), $"machine's load {load}; {checker.Summary}");
        }
    }
}
