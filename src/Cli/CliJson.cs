using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Cli;

/// <summary>What <c>backup --json</c> prints.</summary>
/// <param name="LeftOut">What of the output is not in it, and why; null if all is.</param>
internal sealed record BackupDone(string File, long Bytes, string? LeftOut = null);

/// <summary>What <c>export --json</c> prints where the file itself goes elsewhere.</summary>
internal sealed record ExportDone(string File, int Deployments, int Limits);

/// <summary>What <c>import --json</c> prints.</summary>
/// <param name="Applied">False for a dry run.</param>
internal sealed record ImportDone(bool Applied, ImmutableArray<DeploymentRegistered> Deployments, ImmutableArray<LimitPlan> Limits);

/// <summary>What becomes of a limit.</summary>
/// <param name="Before">Its size now; null if it has none.</param>
internal sealed record LimitPlan(string Name, int Size, int? Before, RegistrationOutcome Outcome);

/// <summary>The JSON of what commands say that the API does not.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(DurationConverter)])]
[JsonSerializable(typeof(BackupDone))]
[JsonSerializable(typeof(ExportDone))]
[JsonSerializable(typeof(ImportDone))]
internal sealed partial class CliJson : JsonSerializerContext;
