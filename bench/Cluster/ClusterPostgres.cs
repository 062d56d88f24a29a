using System.Globalization;

namespace Runner.Bench.Cluster;

/// <summary>PostgreSQL stopped for a minute, and killed: programs go on, nobody is declared dead, and the work goes on when it is back.</summary>
internal static class ClusterPostgres
{
    private static readonly string[] Deaths =
    [
        "is no member of its cluster any more", "It is taken out of the cluster", "is a member of its cluster again",
    ];

    public static async Task MeasureAsync(Report report)
    {
        var rig = await ClusterRig.StartAsync("postgres").ConfigureAwait(false);
        await using (rig.ConfigureAwait(false))
        {
            await rig.BeginLoadAsync().ConfigureAwait(false);
            var away = Scale.OfSeconds(60, 15);
            var results = new List<(string What, string Figures)>();
            foreach (var killed in (bool[])[false, true])
            {
                await Pause.For(Scale.OfSeconds(20, 8)).ConfigureAwait(false);
                var from = ProgramLives.Uptime();
                await (killed ? rig.Server.KillAsync() : rig.Server.StopAsync()).ConfigureAwait(false);
                await Pause.For(away).ConfigureAwait(false);
                var answered = rig.Load.Answered;
                await rig.Server.StartAgainAsync().ConfigureAwait(false);
                var to = ProgramLives.Uptime();
                rig.Down.Add(("", from, to));
                var accepted = await AcceptedAsync(rig, answered).ConfigureAwait(false);
                await Pause.For(Scale.OfSeconds(20, 10)).ConfigureAwait(false);

                var (lives, _) = rig.Lives.Read();
                var ended = lives.Count(l => l.Ended > from + 1 && l.Ended < to);
                var began = lives.Where(l => l.Began > to).Select(l => l.Began - to).DefaultIfEmpty(double.NaN).Min();
                var what = killed ? "killed with -9" : "stopped";
                results.Add((
                    string.Create(CultureInfo.InvariantCulture, $"PostgreSQL {what}, {away.TotalSeconds:0} s away"),
                    string.Create(CultureInfo.InvariantCulture, $"first program {began:0.00} s, first submission {accepted:0.00} s after ")
                    + string.Create(CultureInfo.InvariantCulture, $"its return; {ended} programs came to their end meanwhile")));
                ClusterRig.Say($"{results[^1].What}: {results[^1].Figures}; load {ClusterRig.LoadOfMachine()}");
            }

            foreach (var node in rig.Nodes)
            {
                foreach (var line in node.Output.Split('\n').Where(l => Deaths.Any(d => l.Contains(d, StringComparison.Ordinal))))
                {
                    rig.Violations.Add($"a node was declared dead while the database was away: {node.Name}: {line}");
                }
            }

            var load = ClusterRig.LoadOfMachine();
            var checker = await rig.EndAsync().ConfigureAwait(false);
            results.ForEach(r => report.Add($"{r.What}: work resumes", r.Figures, $"bar: 5 s; machine's load {load}; {checker.Summary}"));
        }
    }

    private static async Task<double> AcceptedAsync(ClusterRig rig, long before)
    {
        var began = ProgramLives.Uptime();
        while (rig.Load.Answered <= before && ProgramLives.Uptime() - began < 60)
        {
            await Pause.For(TimeSpan.FromMilliseconds(20)).ConfigureAwait(false);
        }

        return ProgramLives.Uptime() - began;
    }
}
