using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Remote;
using Runner.Hocon;

namespace Runner.Host.Cluster;

/// <summary>
/// What Akka.NET's own defaults tell of a setting: whether it is a time or a number. Akka.NET reads many of its settings only when they are needed,
/// as the failure detector's when another node comes: a value that it cannot read would keep a node from noticing that others are gone.
/// </summary>
internal static partial class AkkaReference
{
    private static readonly Lazy<Config> Defaults = new(() => new[]
    {
        ConfigurationFactory.FromResource<Akka.Cluster.Cluster>("Akka.Cluster.Configuration.Cluster.conf"), ClusterSharding.DefaultConfig(),
        ClusterSingleton.DefaultConfig(),
        ConfigurationFactory.FromResource<RemoteActorRefProvider>("Akka.Remote.Configuration.Remote.conf"), ConfigurationFactory.Default(),
    }.Aggregate((over, under) => over.WithFallback(under)));

    /// <summary>What is wrong with a value, as the end of a sentence that begins with the setting; null if nothing is known to be.</summary>
    public static string? Mistake(ImmutableArray<string> path, HoconValue value)
    {
        if (value is not HoconScalar { Text: var said } || path.Any(name => !PlainName().IsMatch(name))
            || Default(string.Join('.', path)) is not { } known)
        {
            return null;
        }

        return Time().IsMatch(known) ? Time().IsMatch(said) || Never().IsMatch(said) || Number().IsMatch(said) ? null
                : $"is a time; expected one such as {known.Trim()}, and there is '{said}'."
            : Number().IsMatch(known) && !Number().IsMatch(said) ? $"is a number; expected one such as {known.Trim()}, and there is '{said}'."
            : null;
    }

    private static string? Default(string path)
    {
        var found = Defaults.Value.GetValue(path);
        return found is null || found.IsObject() || found.IsArray() ? null : found.GetString();
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]+$")]
    private static partial Regex PlainName();

    [GeneratedRegex(@"^\s*\d+(\.\d+)?\s*(ns|us|ms|s|m|h|d|nano(second)?s?|micro(second)?s?|milli(second)?s?|seconds?|minutes?|hours?|days?)\s*$")]
    private static partial Regex Time();

    [GeneratedRegex(@"^\s*(infinite|off)\s*$")]
    private static partial Regex Never();

    [GeneratedRegex(@"^\s*\d+(\.\d+)?\s*$")]
    private static partial Regex Number();
}
