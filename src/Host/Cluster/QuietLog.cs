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

    /// <summary>Beside the warning that names the other node.</summary>
    private const string Disassociated = "Disassociated";

    /// <summary>Said for each try of each connection to a node that is gone; that the node is gone is said once.</summary>
    private const string AssociationError = "AssociationError [";

    /// <summary>Between what happened and the stack trace that Akka.NET puts into the text of a warning.</summary>
    private const string Trace = "\n   at ";

    public static ILogger Over(ILogger log) => new Serilog.LoggerConfiguration().MinimumLevel.Verbose()
        .WriteTo.Sink(new Sink(log)).CreateLogger();

    private static bool IsNoise(string text) => text == Disassociated || text.StartsWith(AssociationError, StringComparison.Ordinal)
        || Array.Exists(Parts, part => text.Contains(part, StringComparison.Ordinal));

    private sealed class Sink(ILogger log) : Serilog.Core.ILogEventSink
    {
        public void Emit(Serilog.Events.LogEvent logEvent)
        {
            if (!log.IsEnabled(logEvent.Level) || logEvent.Exception?.GetType().Name == "EndpointDisassociatedException")
            {
                return;
            }

            var text = logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture);
            if (IsNoise(text))
            {
                return;
            }

            if (text.IndexOf(Trace, StringComparison.Ordinal) is > 0 and var trace)
            {
                log.Write(logEvent.Level, "{Text:l}", text[..trace].ReplaceLineEndings(" "));
            }
            else
            {
                log.Write(logEvent);
            }
        }
    }
}
