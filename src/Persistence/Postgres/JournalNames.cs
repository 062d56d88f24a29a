using System.Globalization;

namespace Runner.Persistence.Postgres;

/// <summary>
/// Names and versions as the manifests of Akka.Persistence.Sql's tables: <c>run.completed/1</c>, and for snapshots <c>FlowRun.snapshot/1</c>.
/// </summary>
internal static class JournalNames
{
    public static string Event(string type, int version) => string.Create(CultureInfo.InvariantCulture, $"{type}/{version}");

    public static string Snapshot(string kind, int version) => string.Create(CultureInfo.InvariantCulture, $"{kind}.snapshot/{version}");

    /// <summary>Name and version of a manifest; with what is wrong with it, if it is none.</summary>
    public static (string Type, int Version, string? Damage) Read(string manifest)
    {
        int slash = manifest.LastIndexOf('/');
        return slash > 0 && int.TryParse(manifest.AsSpan(slash + 1), CultureInfo.InvariantCulture, out int version)
            ? (manifest[..slash], version, null)
            : (manifest, 0, StoreSchema.NoManifest(manifest));
    }
}
