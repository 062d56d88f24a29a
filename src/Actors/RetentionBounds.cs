using System.Collections.Immutable;
using Runner.Messages;

namespace Runner.Actors;

/// <summary>How much a rule about ended runs can keep, be it a deployment's or a person's.</summary>
internal static class RetentionBounds
{
    /// <summary>The longest that a run can be kept by age.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    /// <summary>The most that can be kept by count.</summary>
    public const long Most = 1_000_000_000;

    /// <summary>The bounds of a rule, under the names that its fields go by.</summary>
    public static void Check(string forField, TimeSpan? keepFor, string runsField, long? keepRuns, ImmutableArray<Problem>.Builder problems)
    {
        if (keepFor is { } time && (time < TimeSpan.Zero || time > Longest))
        {
            problems.Add(new(forField, $"{DurationText.Format(time)} is not possible; expected 0s to {DurationText.Format(Longest)}"));
        }

        if (keepRuns is < 0 or > Most)
        {
            problems.Add(new(runsField, $"{keepRuns} is not possible; expected a whole number from 0 to {Most}"));
        }
    }
}
