using System.Diagnostics;
using System.Globalization;
using Runner.Messages.Runs;

namespace Runner.Bench;

/// <summary>The last 50 of a million runs over HTTP, with each filter there is.</summary>
internal static class RunListing
{
    private const int Runs = 1_000_000;
    private const int Times = 300;

    private static readonly (string What, string Query)[] Filters =
    [
        ("no filter", ""),
        ("state type", "&state=failed"),
        ("state type that none has", "&state=crashed"),
        ("state name", "&state=timedout"),
        ("deployment", $"&deployment={Uri.EscapeDataString(ManyRuns.Deployment(7))}"),
        ("deployment and state type", $"&deployment={Uri.EscapeDataString(ManyRuns.Deployment(7))}&state=failed"),
        ("deployment and state name", $"&deployment={Uri.EscapeDataString(ManyRuns.Deployment(7))}&state=timedout"),
        ("tag", "&tag=nightly"),
        ("tag and state type", "&tag=nightly&state=failed"),
        ("tag and a state that none has", "&tag=nightly&state=crashed"),
        ("tag and deployment", $"&tag=nightly&deployment={Uri.EscapeDataString(ManyRuns.Deployment(7))}"),
        ("since", $"&since={Uri.EscapeDataString(ManyRuns.Last.AddHours(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))}"),
    ];

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var folder = await ManyRuns.FolderAsync(Runs).ConfigureAwait(false);
        var node = await NodeProgram.StartAsync(folder).ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            foreach (var (what, query) in Filters)
            {
                var samples = new Samples();
                var path = new Uri($"api/v1/runs?limit=50{query}", UriKind.Relative);
                var found = 0;
                for (var i = 0; i < Times && samples.Total < TimeSpan.FromSeconds(20); i++)
                {
                    var started = Stopwatch.GetTimestamp();
                    var answer = await node.Http.GetByteArrayAsync(path).ConfigureAwait(false);
                    samples.Add(Stopwatch.GetElapsedTime(started));
                    found = System.Text.Json.JsonSerializer.Deserialize(answer, Messages.Serialization.MessagesJson.Default.RunPage)!.Items.Length;
                }

                report.Add($"the last 50 of {Runs:N0} runs, {what} ({found} found)", samples.ToString(), "bar: p50 under 20 ms");
            }
        }
    }
}
