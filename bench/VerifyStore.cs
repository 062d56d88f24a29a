using System.Globalization;

namespace Runner.Bench;

/// <summary>`runner verify` on the million ended runs, as the shipped program: how long, and the most memory it has taken.</summary>
internal static class VerifyStore
{
    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var folder = await MillionRuns.FolderAsync().ConfigureAwait(false);
        var verified = await ShippedCommand.RunAsync("verify", "--data", folder).ConfigureAwait(false);
        report.Add(
            string.Create(CultureInfo.InvariantCulture, $"`runner verify` on {MillionRuns.Count:N0} runs"), verified.ToString(),
            string.Create(CultureInfo.InvariantCulture, $"bar: 2 minutes and 500 MB for 1,000,000; {verified.Output}; "
                + $"the store has {new FileInfo(NodeProgram.StoreIn(folder)).Length / 1e6:0} MB"));
    }
}
