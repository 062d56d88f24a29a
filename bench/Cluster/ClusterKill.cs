using System.Globalization;
using Runner.Messages.Deployments;

namespace Runner.Bench.Cluster;

/// <summary><c>kill -9</c> of the oldest node and of another, in turn, under the load; each is started again before the next one dies.</summary>
/// <param name="Times">How often each.</param>
/// <param name="AkkaDefaults">Whether the nodes have the timings that Akka.NET has where nobody says others.</param>
internal sealed record ClusterKill(int Times, bool AkkaDefaults)
{
    /// <summary>
    /// Those of <c>hocon/cluster.conf</c> that a failover is made of, as Akka.NET has them. What has no default of Akka.NET's stays: how long a lease
    /// of the database holds. So does what no node may be told: Akka.NET would wait for stable-after once more (down-removal-margin).
    /// </summary>
    private static readonly string[] Defaults =
    [
        "runner.cluster.fast-downing = false",
        """
        akka.cluster {
          failure-detector { heartbeat-interval = 1s, acceptable-heartbeat-pause = 3s, threshold = 8.0, min-std-deviation = 100ms }
          gossip-interval = 1s, leader-actions-interval = 1s, unreachable-nodes-reaper-interval = 1s, periodic-tasks-initial-delay = 1s
          split-brain-resolver {
            stable-after = 20s, down-all-when-unstable = on
            lease-majority { acquire-lease-delay-for-minority = 2s, release-after = 40s }
          }
          singleton { lease-retry-interval = 5s, hand-over-retry-interval = 1s, min-number-of-hand-over-retries = 15 }
          singleton-proxy.singleton-identification-interval = 1s
          sharding {
            retry-interval = 2s, lease-retry-interval = 5s, waiting-for-state-timeout = 2s, updating-state-timeout = 5s
            coordinator-failure-backoff = 5s, shard-start-timeout = 10s, handoff-timeout = 60s, rebalance-interval = 10s
            coordinator-state { write-majority-plus = 3, read-majority-plus = 5 }
            distributed-data.majority-min-cap = 5
          }
        }
        akka.remote.retry-gate-closed-for = 5s
        """,
    ];

    public async Task MeasureAsync(Report report)
    {
        var rig = await ClusterRig.StartAsync("kill", settings: AkkaDefaults ? Defaults : []).ConfigureAwait(false);
        await using (rig.ConfigureAwait(false))
        {
            rig.MostLag = AkkaDefaults ? 90 : rig.MostLag;
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
            var how = AkkaDefaults ? ", with Akka.NET's own timings" : "";
            Failover.Add(report, $"kill -9 of the oldest node{how}", ofOldest, "bars: first 2 s, last 4 s, limiter 2 s");
            Failover.Add(report, $"kill -9 of another node{how}", ofOther, "bars: first 2 s, last 4 s");
            report.Add(
                "kill -9: a node that was killed, from its start to a member that all see",
                string.Create(CultureInfo.InvariantCulture, $"median {Samples.Median(back):0.0} s"), $"machine's load {load}; {checker.Summary}");
        }
    }
}
