using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runner.Entities;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Wire;

namespace Runner.Actors.Tests.Wire;

/// <summary>
/// Messages of every kind with random content, the same for the same seed: made by their constructors and the properties they leave open.
/// </summary>
internal sealed class WireSamples(int seed)
{
    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly string[] Texts =
        ["", "a", "etl/nightly", "ü€😀", "\"quoted\" \\ / \u0001\t\n", "<script>&amp;", "null", "2026-01-01T00:00:00Z"];

    private readonly Random _random = new(seed);

    /// <summary>Every type of message in the program's assemblies.</summary>
    public static ImmutableArray<Type> MessageTypes { get; } =
    [
        .. new[] { typeof(IWireMessage).Assembly, typeof(Asked).Assembly, typeof(EntityMessage).Assembly, typeof(IRunnerNode).Assembly }
            .SelectMany(a => a.GetTypes())
            .Where(t => t is { IsAbstract: false, IsInterface: false } && t.IsAssignableTo(typeof(IWireMessage)))
            .OrderBy(t => t.FullName, StringComparer.Ordinal),
    ];

    public object Message(Type type) => type == typeof(EntityMessage)
        ? new EntityMessage(
            (Entities.Store.EntityKey)Value(typeof(Entities.Store.EntityKey))!, Message(OneOf([.. MessageTypes.Where(t => t != type)])))
        : Value(type)!;

    private object? Value(Type type) => type switch
    {
        _ when Nullable.GetUnderlyingType(type) is { } inner => Chance(3) ? null : Value(inner),
        _ when type == typeof(string) => Chance(2) ? OneOf(Texts) : string.Concat(Enumerable.Range(0, _random.Next(20)).Select(_ => OneOf(Texts))),
        _ when type == typeof(bool) => Chance(2),
        _ when type == typeof(int) => Chance(4) ? OneOf([0, -1, int.MinValue, int.MaxValue]) : _random.Next(),
        _ when type == typeof(long) => Chance(4) ? OneOf([0, -1, long.MinValue, long.MaxValue]) : _random.NextInt64(),
        _ when type == typeof(double) => Chance(4) ? OneOf([1, 0.1, double.MaxValue, double.Epsilon]) : _random.NextDouble() * 100,
        _ when type == typeof(Guid) => new Guid([.. Enumerable.Range(0, 16).Select(_ => (byte)_random.Next(256))]),
        _ when type == typeof(TimeSpan) =>
            Chance(4) ? OneOf([TimeSpan.Zero, TimeSpan.MinValue, TimeSpan.MaxValue, new(1), new(-1)]) : new TimeSpan(_random.NextInt64()),
        _ when type == typeof(DateTimeOffset) => Instant(),
        _ when type == typeof(JsonElement) => Json(),
        _ when type == typeof(NodeRequirements) => Requirements(),
        _ when type == typeof(IWireMessage) => Message(OneOf([.. MessageTypes.Where(t => t.Assembly == typeof(IWireMessage).Assembly)])),
        { IsEnum: true } => OneOf([.. type.GetEnumValues().Cast<object>()]),
        { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) => Generic(nameof(Array), type),
        { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(ImmutableSortedDictionary<,>) => Generic(nameof(Dictionary), type),
        { IsAbstract: true } => Value(OneOf([.. type.Assembly.GetTypes().Where(t => t.IsSubclassOf(type))])),
        _ => Record(type),
    };

    private object Record(Type type)
    {
        var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First();
        var parameters = constructor.GetParameters();
        var made = constructor.Invoke([.. parameters.Select(p => IsNullable(Nullability.Create(p)) && Chance(3) ? null : Value(p.ParameterType))]);
        foreach (var property in type.GetProperties().Where(p => p.DeclaringType == type && p.CanWrite && !parameters.Any(a => a.Name == p.Name)))
        {
            var mayBeAbsent = IsNullable(Nullability.Create(property))
                || !property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute));
            if (!(mayBeAbsent && Chance(4)))
            {
                property.SetValue(made, Value(property.PropertyType));
            }
        }

        return made;
    }

    private static bool IsNullable(NullabilityInfo info) => !info.Type.IsValueType && info.WriteState == NullabilityState.Nullable;

    private object Generic(string method, Type type) => typeof(WireSamples).GetMethod(method, BindingFlags.Instance | BindingFlags.NonPublic)!
        .MakeGenericMethod(type.GetGenericArguments()[^1]).Invoke(this, null)!;

    private ImmutableArray<T> Array<T>() => [.. Enumerable.Range(0, _random.Next(4)).Select(_ => (T)Value(typeof(T))!)];

    private ImmutableSortedDictionary<string, T> Dictionary<T>()
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, T>(StringComparer.Ordinal);
        for (var i = _random.Next(4); i > 0; i--)
        {
            // Keys that another order than the ordinal one would put elsewhere, or take for each other.
            values[OneOf(["a", "A", "b", "B", "ä", "a\u00ADb", "ab", "_", "kind", "$type", ""])] = (T)(typeof(T) == typeof(string) && Chance(4) ? null
                : Value(typeof(T)))!;
        }

        return values.ToImmutable();
    }

    /// <summary>Also ones that no deployment may have; a name that begins with '!' there is not.</summary>
    private NodeRequirements Requirements() => new(Enumerable.Range(0, _random.Next(4)).Select(_ =>
        new LabelRule(OneOf(["a", "A", "ä", "b/c", ""]), Chance(3) ? null : Array<string>(), Chance(3))));

    private DateTimeOffset Instant()
    {
        var offset = TimeSpan.FromMinutes(_random.Next(-14 * 60, 14 * 60 + 1));
        return Chance(4) ? OneOf([DateTimeOffset.UnixEpoch, DateTimeOffset.MinValue, DateTimeOffset.MaxValue])
            : new DateTimeOffset(_random.NextInt64(TimeSpan.TicksPerDay, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay), offset);
    }

    private JsonElement Json() => JsonElement.Parse((Node(0) ?? JsonValue.Create((string?)null))?.ToJsonString() ?? "null");

    private JsonNode? Node(int depth) => _random.Next(depth > 3 ? 5 : 7) switch
    {
        0 => null,
        1 => JsonValue.Create(OneOf(Texts)),
        2 => JsonNode.Parse(OneOf(["0", "-1", "1e400", "0.1", "12345678901234567890123"])),
        3 => JsonValue.Create(Chance(2)),
        4 => JsonNode.Parse(_random.NextDouble().ToString("R", CultureInfo.InvariantCulture)),
        5 => new JsonArray([.. Enumerable.Range(0, _random.Next(3)).Select(_ => Node(depth + 1))]),
        _ => new JsonObject(Enumerable.Range(0, _random.Next(3)).Select(i => KeyValuePair.Create($"k{i}", Node(depth + 1)))),
    };

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private T OneOf<T>(T[] values) => values[_random.Next(values.Length)];
}
