using System.Diagnostics;
using System.Globalization;

namespace Runner.Bench;

/// <summary>The last 50 of a million runs over HTTP, with each filter there is.</summary>
internal static class RunListing
{
    private static int Times => Scale.Of(300, 5);

    private static readonly string Deployment = Uri.EscapeDataString(ManyRuns.Deployment(101));
    private static readonly string Tag = ManyRuns.Tag(1);
    private static readonly string Since = Uri.EscapeDataString(
        MillionRuns.Newest.AddHours(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    private static readonly (string What, string Query)[] Filters =
    [
        ("no filter", ""),
        ("since", $"&since={Since}"),
        ("state type", "&state=failed"),
        ("state type that none has", "&state=running"),
        ("state name", "&state=timedout"),
        ("state name that none has", "&state=late"),
        ("deployment", $"&deployment={Deployment}"),
        ("deployment and state type", $"&deployment={Deployment}&state=failed"),
        ("deployment and state name", $"&deployment={Deployment}&state=timedout"),
        ("deployment, state name and since", $"&deployment={Deployment}&state=timedout&since={Since}"),
        ("tag", $"&tag={Tag}"),
        ("tag and state type", $"&tag={Tag}&state=failed"),
        ("tag and state type that none has", $"&tag={Tag}&state=running"),
        ("tag and state name", $"&tag={Tag}&state=timedout"),
    ];

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var folder = await MillionRuns.FolderAsync().ConfigureAwait(false);
        var node = await NodeProgram.StartAsync(folder, MillionRuns.KeptForEver).ConfigureAwait(false);
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

                report.Add($"the last 50 of {MillionRuns.Count:N0} runs, {what} ({found} found)", samples.ToString(), "bar: p50 under 20 ms");
            }
        }
    }
}
