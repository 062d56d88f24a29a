using System.Collections.Immutable;
using Runner.Hocon;
using Runner.Host.Cluster;

namespace Runner.Host.Configuration;

/// <summary>Takes out of settings what must not be printed.</summary>
internal static class Secrets
{
    /// <summary>A setting's value.</summary>
    public static HoconValue Without(AkkaEntry entry) => Without(entry.Value, HoconPath.Parse(entry.Path)[^1]);

    /// <summary>What a file resolves to.</summary>
    public static HoconValue Without(HoconValue value) => Without(value, "");

    private static HoconValue Without(HoconValue value, string key) => value switch
    {
        HoconObject { Fields: var fields } => new HoconObject(
            value.Origin, fields.Select(f => new KeyValuePair<string, HoconValue>(f.Key, Without(f.Value, f.Key))).ToImmutableArray()),
        HoconArray { Items: var items } => new HoconArray(value.Origin, items.Select(i => Without(i, key))),
        HoconScalar { Kind: HoconKind.Null } => value,
        HoconScalar when IsSecret(key) => new HoconScalar(value.Origin, HoconKind.String, ConnectionText.Hidden),
        HoconScalar { Kind: HoconKind.String, Text: var text } scalar => ConnectionText.Without(text) is var shown && shown == text
            ? scalar
            : new HoconScalar(value.Origin, HoconKind.String, shown),
        _ => value,
    };

    // Akka.NET's certificate has one, too. The name of a file that holds one is none.
    private static bool IsSecret(string key) =>
        key.EndsWith("password", StringComparison.OrdinalIgnoreCase) || key.EndsWith("secret", StringComparison.OrdinalIgnoreCase);
}
