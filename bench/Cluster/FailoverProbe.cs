using System.Diagnostics;
using System.Globalization;
using Runner.Client;
using Runner.Cluster.Tests.Kit;
using Runner.Messages.Limits;

namespace Runner.Bench.Cluster;

/// <summary>When the entities of a node that is lost answer elsewhere.</summary>
/// <param name="Affected">How many of those that were asked answered late enough to have been on the lost node.</param>
internal sealed record Failover(double First, double Last, double Limiter, int Affected, int Asked)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"first {First:0.00} s, last {Last:0.00} s ({Affected} of {Asked}), limiter {Limiter:0.00} s");

    /// <summary>Adds the row of some of one kind.</summary>
    public static void Add(Report report, string what, List<Failover> all, string bars)
    {
        string Of(Func<Failover, double> part) =>
            string.Create(CultureInfo.InvariantCulture, $"{Samples.Median(all.Select(part)):0.00} s ({all.Min(part):0.00} to {all.Max(part):0.00})");

        report.Add(
            $"{what}, {all.Count} times: its first entity elsewhere, its last, the limiter; medians",
            $"{Of(f => f.First)}, {Of(f => f.Last)}, {Of(f => f.Limiter)}", bars);
    }
}

internal static class FailoverProbe
{
    // Nobody's entity answers sooner from elsewhere, and nobody's that was not lost later.
    private const double Late = 0.5;

    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks a node for many deployments and for the limits, as soon as what makes a node lost has happened.</summary>
    public static async Task<Failover> MeasureAsync(ClusterRig rig, ClusterNode asker, int deployments, Func<Task> lose)
    {
        var probe = rig.Probe(asker);
        var names = Enumerable.Range(0, deployments).Select(ClusterLoad.Name).ToArray();
        // All of them in memory, wherever they are.
        await Parallel.ForEachAsync(names, async (name, cancel) => await probe.DeploymentAsync(name, cancel).ConfigureAwait(false))
            .ConfigureAwait(false);
        var began = Stopwatch.GetTimestamp();
        await lose().ConfigureAwait(false);
        var asked = names.Select(name => AnsweredAsync(began, () => probe.DeploymentAsync(name))).ToArray();
        var limiter = await AnsweredAsync(began, () => probe.LimitsAsync(new ListLimits())).ConfigureAwait(false);
        var times = await Task.WhenAll(asked).ConfigureAwait(false);
        var affected = times.Where(t => t > Late).ToArray();
        return new Failover(affected.DefaultIfEmpty(0).Min(), times.Max(), limiter, affected.Length, times.Length);
    }

    private static async Task<double> AnsweredAsync(long began, Func<Task> ask)
    {
        while (true)
        {
            try
            {
                await ask().ConfigureAwait(false);
                return Stopwatch.GetElapsedTime(began).TotalSeconds;
            }
            catch (RunnerClientException)
            {
                await Pause.For(AgainAfter).ConfigureAwait(false);
            }
        }
    }
}
