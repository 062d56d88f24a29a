namespace Runner.Simulation.Runtime;

/// <summary>How wrong the regions and singletons of a world are; shared by all its nodes, so that it can be changed at any time.</summary>
/// <param name="random">Decides what goes wrong.</param>
/// <param name="note">Told of everything that does.</param>
internal sealed class RegionFaults(SimulatedRandom random, Action<string>? note = null)
{
    /// <summary>None, until a world says otherwise.</summary>
    public RegionFaultRates Rates { get; set; } = RegionFaultRates.None;

    public long Lost { get; private set; }

    public long Doubled { get; private set; }

    public long Late { get; private set; }

    /// <summary>How often there were two incarnations of one.</summary>
    public long Twins { get; private set; }

    public SimulatedRandom Random => random;

    /// <summary>Loses a message for good, by whom it is for, whatever the rates say; null for none. Where a bug is planted.</summary>
    public Func<string, object, bool>? Swallows { get; set; }

    /// <summary>What becomes of a message on its way.</summary>
    /// <param name="to">Whom it is for.</param>
    public MessageFate NextFate(string to, object message)
    {
        var fate = Swallows?.Invoke(to, message) == true ? MessageFate.Lost : Roll();
        if (fate != MessageFate.Arrives)
        {
            note?.Invoke($"{to}: {message.GetType().Name} {Word(fate)}");
            switch (fate)
            {
                case MessageFate.Lost:
                    Lost++;
                    break;
                case MessageFate.Doubled:
                    Doubled++;
                    break;
                default:
                    Late++;
                    break;
            }
        }

        return fate;
    }

    /// <summary>Whether a second incarnation begins with this message.</summary>
    public bool TwinBegins(string of)
    {
        if (Rates.Twins == 0 || random.NextDouble() >= Rates.Twins)
        {
            return false;
        }

        Twins++;
        note?.Invoke($"{of}: two incarnations");
        return true;
    }

    public void TwinEnded(string of, bool abruptly) => note?.Invoke($"{of}: one of two incarnations {(abruptly ? "dies" : "leaves")}");

    /// <summary>How much later a message comes.</summary>
    public TimeSpan NextDelay() => TimeSpan.FromTicks(1 + (long)(random.NextDouble() * random.NextDouble() * Rates.LongestDelay.Ticks));

    /// <summary>How long two incarnations live side by side.</summary>
    public TimeSpan NextTwinLife() => TimeSpan.FromTicks(1 + (long)(random.NextDouble() * Rates.LongestTwin.Ticks));

    private MessageFate Roll()
    {
        var rates = Rates;
        if (rates.OfMessages == 0)
        {
            return MessageFate.Arrives;
        }

        var roll = random.NextDouble();
        return roll < rates.Lost ? MessageFate.Lost
            : roll < rates.Lost + rates.Doubled ? MessageFate.Doubled
            : roll < rates.OfMessages ? MessageFate.Late
            : MessageFate.Arrives;
    }

    private static string Word(MessageFate fate) => fate switch
    {
        MessageFate.Lost => "is lost",
        MessageFate.Doubled => "comes twice",
        _ => "comes late",
    };
}

/// <summary>Probabilities, for each message.</summary>
internal sealed record RegionFaultRates
{
    public static readonly RegionFaultRates None = new();

    /// <summary>It does not arrive.</summary>
    public double Lost { get; init; }

    /// <summary>It arrives twice, the second time later.</summary>
    public double Doubled { get; init; }

    /// <summary>It arrives later, others before it.</summary>
    public double Late { get; init; }

    /// <summary>A second incarnation of what it is for comes to memory.</summary>
    public double Twins { get; init; }

    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan LongestTwin { get; init; } = TimeSpan.FromSeconds(10);

    public double OfMessages => Lost + Doubled + Late;
}

/// <summary>What becomes of a message on its way.</summary>
internal enum MessageFate
{
    Arrives,
    Lost,
    Doubled,
    Late,
}
