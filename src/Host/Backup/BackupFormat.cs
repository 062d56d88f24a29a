using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Runner.Host.Backup;

/// <summary>
/// A backup is a tar archive, gzipped or not, with these entries in this order. No token is in it, and no secret value but in output, as it was
/// written.
/// <code>
///   manifest.json                   who made it, when, in which format
///   store.db                        the store
///   output/ab/RUN.ATTEMPT.stdout …  the files of attempts
///   mask-key                        what the secret values in that output are masked with, if there are any; since format 2
///   SHA256SUMS                      «HEX  NAME» for each of the above; that it is there says that the archive is complete
/// </code>
/// </summary>
internal static partial class BackupFormat
{
    /// <summary>The format that this program writes, and the latest it reads.</summary>
    public const int Version = 2;

    /// <summary>That of a backup in which nothing is masked: it is what programs of before can read.</summary>
    public const int VersionUnmasked = 1;

    public const string Manifest = "manifest.json";

    public const string Sums = "SHA256SUMS";

    public const string ContentType = "application/x-tar";

    /// <summary>What of the output is not in it, in an extended header (pax) of the last entry, if anything is not: it is known only then.</summary>
    public const string LeftOutRecord = "RUNNER.left-out";

    /// <summary>«HEX  NAME», as sha256sum reads it.</summary>
    public static string SumLine(byte[] hash, string name) => $"{Convert.ToHexStringLower(hash)}  {name}";

    /// <summary>Whether an entry may be called so: nothing else is ever unpacked.</summary>
    public static bool IsOutput(string name) => OutputName().IsMatch(name);

    /// <summary>The run's id and the attempt in the name of a file of output; null if it is none.</summary>
    public static (string Run, int Attempt, string Kind)? Parse(string fileName) =>
        FileName().Match(fileName) is { Success: true } match && int.TryParse(match.Groups[2].ValueSpan, out var attempt)
            ? (match.Groups[1].Value, attempt, match.Groups[3].Value)
            : null;

    [GeneratedRegex(@"\Aoutput/[0-9a-f]{2}/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[1-9][0-9]{0,9}\.(?:stdout|stderr|result|parameters|mask)\z")]
    private static partial Regex OutputName();

    [GeneratedRegex(@"\A([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9][0-9]{0,9})\.(stdout|stderr|result|parameters|mask)\z")]
    private static partial Regex FileName();
}

/// <summary>What a backup says of itself.</summary>
/// <param name="Format">See <see cref="BackupFormat.Version"/>.</param>
/// <param name="Version">The program's that made it.</param>
/// <param name="MadeAt">When it was begun; the store in it is a little younger.</param>
/// <param name="DataDirectory">The folder it was made of.</param>
/// <param name="Output">Whether the output of runs is in it.</param>
internal sealed record BackupManifest(int Format, string Version, string Node, DateTimeOffset MadeAt, string DataDirectory, bool Output);

/// <summary>What `runner restore --json` prints.</summary>
/// <param name="Kept">Where what was in the folder is now; null if it was empty.</param>
/// <param name="LeftOut">What of the output was left out when the backup was made; null if nothing was.</param>
internal sealed record RestoreReport(string DataDirectory, BackupManifest Backup, long Files, string? Kept, string? LeftOut);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(RestoreReport))]
internal sealed partial class BackupJson : JsonSerializerContext
{
    public static byte[] Bytes(BackupManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, Default.BackupManifest);
}
