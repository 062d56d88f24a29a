using System.Collections;
using System.Reflection;
using System.Text.Json;

namespace Runner.Actors.Tests.Wire;

/// <summary>Compares messages by what is in them: the equality of records takes two arrays of the same items for different.</summary>
internal static class Same
{
    public static void Assert(object? expected, object? actual, string path)
    {
        if (expected is null || actual is null)
        {
            Xunit.Assert.True(expected is null && actual is null, $"{path}: {expected ?? "nothing"} became {actual ?? "nothing"}");
            return;
        }

        Xunit.Assert.True(expected.GetType() == actual.GetType(), $"{path}: {expected.GetType()} became {actual.GetType()}");
        switch (expected)
        {
            case JsonElement json:
                Xunit.Assert.True(
                    JsonElement.DeepEquals(json, (JsonElement)actual), $"{path}: {json.GetRawText()} became {((JsonElement)actual).GetRawText()}");
                break;
            case DateTimeOffset at:
                Xunit.Assert.True(at.EqualsExact((DateTimeOffset)actual), $"{path}: {at:O} became {actual:O}");
                break;
            case string or Guid or TimeSpan or Enum:
            case var _ when expected.GetType().IsPrimitive:
                Xunit.Assert.True(expected.Equals(actual), $"{path}: {expected} became {actual}");
                break;
            case IEnumerable items:
                Items(items, (IEnumerable)actual, path);
                break;
            default:
                foreach (var property in expected.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public)
                    .Where(p => p.GetIndexParameters().Length == 0))
                {
                    Assert(property.GetValue(expected), property.GetValue(actual), $"{path}.{property.Name}");
                }

                break;
        }
    }

    private static void Items(IEnumerable expected, IEnumerable actual, string path)
    {
        if (actual.GetType().GetProperty("KeyComparer") is { } comparer)
        {
            Xunit.Assert.True(comparer.GetValue(actual) == StringComparer.Ordinal, $"{path}: is not in ordinal order");
        }

        object?[] before = [.. expected], after = [.. actual];
        Xunit.Assert.True(before.Length == after.Length, $"{path}: {before.Length} items became {after.Length}");
        for (var i = 0; i < before.Length; i++)
        {
            Assert(before[i], after[i], $"{path}[{i}]");
        }
    }
}
