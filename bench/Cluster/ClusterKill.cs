using System.Globalization;
using Runner.Messages.Deployments;

namespace Runner.Bench.Cluster;

/// <summary><c>kill -9</c> of the oldest node and of another, in turn, under the load; each is started again before the next one dies.</summary>
/// <param name="Times">How often each.</param>
internal sealed record ClusterKill(int Times)
{
    public async Task MeasureAsync(Report report)
    {
        var rig = await ClusterRig.StartAsync("kill").ConfigureAwait(false);
        await using (rig.ConfigureAwait(false))
        {
            await rig.BeginLoadAsync().ConfigureAwait(false);
            await Pause.For(Scale.OfSeconds(15, 5)).ConfigureAwait(false);
            var (ofOldest, ofOther, back) = (new List<Failover>(), new List<Failover>(), new List<double>());
            for (var i = 0; i < 2 * Times; i++)
            {
                var oldest = i % 2 == 0;
                var victim = rig.Nodes[oldest ? 0 : 1];
                var measured = await FailoverProbe
                    .MeasureAsync(rig, rig.Nodes[2], Scale.Of(200, 60), () => rig.KillAsync(victim)).ConfigureAwait(false);
                (oldest ? ofOldest : ofOther).Add(measured);
                var returned = await rig.RestartAsync(victim).ConfigureAwait(false);
                back.Add(returned.TotalSeconds);
                ClusterRig.Say($"{victim.Name}{(oldest ? ", the oldest," : "")} killed: {measured}; a member again "
                    + string.Create(
                        CultureInfo.InvariantCulture, $"{returned.TotalSeconds:0.0} s after its start; load {ClusterRig.LoadOfMachine()}"));
                await Pause.For(Scale.OfSeconds(8, 4)).ConfigureAwait(false);
            }

            var load = ClusterRig.LoadOfMachine();
            var checker = await rig.EndAsync().ConfigureAwait(false);
            Failover.Add(report, "kill -9 of the oldest node", ofOldest, "bars: first 2 s, last 4 s, limiter 2 s");
            Failover.Add(report, "kill -9 of another node", ofOther, "bars: first 2 s, last 4 s");
            report.Add(
                "kill -9: a node that was killed, from its start to a member that all see",
                string.Create(CultureInfo.InvariantCulture, $"median {Samples.Median(back):0.0} s"), $"machine's load {load}; {checker.Summary}");
        }
    }
}
