namespace Runner.Host.Cluster;

/// <summary>
/// The node's log without what Akka.NET says several times a second, as errors and warnings, while shards wait for their leases, for their
/// coordinator or for the node to be a member. Every failover and every start is made of it; what a node waits for it says itself.
/// </summary>
internal static class QuietLog
{
    private static readonly string[] Parts =
    [
        ": Failed to get lease for shard id [", ": Failed to release lease of shardId [", ": No coordinator found to register. ",
        ": Trying to register to coordinator at [", ": Requested shard homes [",
        // Of each node that ends, with where in Akka.NET it was noticed. What becomes of its membership the node says itself.
        "Akka.Remote.EndpointDisassociatedException: Disassociated",
    ];

    private const string Disassociated = "Disassociated";

    public static ILogger Over(ILogger log) => new Serilog.LoggerConfiguration().MinimumLevel.Verbose()
        .Filter.ByExcluding(line => line.Exception?.GetType().Name == "EndpointDisassociatedException"
            || IsNoise(line.RenderMessage(System.Globalization.CultureInfo.InvariantCulture)))
        .WriteTo.Logger(log).CreateLogger();

    private static bool IsNoise(string text) => text == Disassociated || Array.Exists(Parts, part => text.Contains(part, StringComparison.Ordinal));
}
