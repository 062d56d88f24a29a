using Runner.Actors.Limits;
using Runner.Entities;
using Runner.Messages.Limits;

namespace Runner.Actors.Tests.Limits;

/// <summary>What the sizes of the limits decide about each message: events, then intents, then the reply.</summary>
public sealed class LimiterDecisionTests
{
    private const string None = "";
    private static readonly LimiterBehaviour Behaviour = new();

    /// <summary>Rows are messages, columns: no limit of this name, one of size 2, and that one deleted while runs count against it.</summary>
    public static TheoryData<string, string[]> Table => new()
    {
        { "set-2", ["LimitSet LimitSizeChanged =LimitChanged", "=LimitChanged", "LimitSet LimitSizeChanged =LimitChanged"] },
        {
            "set-3", ["LimitSet LimitSizeChanged =LimitChanged", "LimitSet LimitSizeChanged =LimitChanged", "LimitSet LimitSizeChanged =LimitChanged"]
        },
        { "set-0", ["=LimitInvalid", "=LimitInvalid", "=LimitInvalid"] },
        { "set-node", ["=LimitInvalid", "=LimitInvalid", "=LimitInvalid"] },
        { "delete", ["=LimitNotFound", "LimitEnding LimitSizeChanged =LimitChanged", "=LimitChanged"] },
        { "unused", [None, None, "LimitDeleted LimitSizeChanged"] },
        { "recovered", [None, None, None] },
        { "wake-up", [None, None, None] },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void A_message_has_its_documented_consequence(string message, string[] expected)
    {
        var none = Behaviour.Initial(EntityKinds.LimiterId);
        var set = Behaviour.Apply(none, new LimitSet("db", 2), default);

        Assert.Equal(
            expected,
            new[] { none, set, Behaviour.Apply(set, new LimitEnding("db"), default) }.Select(
                state => DecisionText.Of(Behaviour.Decide(state, Message(message), default))));
    }

    [Fact]
    public void Every_message_stands_in_the_table() => Assert.Equal(
        DecisionText.MessagesTo(typeof(ILimitMessage), []),
        Table.Select(row => Message((string)((object[])row)[0]).GetType()).Distinct().OrderBy(t => t.Name, StringComparer.Ordinal));

    private static object Message(string name) => name switch
    {
        "set-2" => new SetLimit("db", 2),
        "set-3" => new SetLimit("db", 3),
        "set-0" => new SetLimit("db", 0),
        "set-node" => new SetLimit("node:n", 1),
        "delete" => new DeleteLimit("db"),
        "unused" => new LimitUnused("db"),
        "recovered" => Recovered.Instance,
        "wake-up" => WakeUpNow.Instance,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}
