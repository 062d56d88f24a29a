using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Runner.Host.Verification;

/// <summary>One thing that is wrong with a store.</summary>
/// <param name="Kind"><c>event</c>, <c>snapshot</c>, <c>number</c>, <c>row</c>, <c>member</c>, <c>wake-up</c>, <c>slot</c>, <c>entity</c> or
/// <c>database</c>.</param>
/// <param name="Entity">Whose it is; null where it is nobody's.</param>
/// <param name="Number">The event's number; null where it is no event.</param>
/// <param name="Message">What is wrong, in a sentence.</param>
/// <param name="ToDo">What to do about it, in a sentence.</param>
internal sealed record StoreProblem(string Kind, string? Entity, long? Number, string Message, string ToDo);

/// <summary>What was read of a store, and what is wrong with it.</summary>
/// <param name="Store">Which store it is.</param>
/// <param name="Found">How many problems there are; <paramref name="Problems"/> has the first of them.</param>
internal sealed record VerifyReport(
    string Store, long Deployments, long Runs, long Events, long Rows, long WakeUps, long Slots, long Found, ImmutableArray<StoreProblem> Problems,
    double Seconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VerifyReport))]
internal sealed partial class VerifyJson : JsonSerializerContext;
