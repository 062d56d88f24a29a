using System.Runtime.CompilerServices;

namespace Runner.Hocon.Resolution;

/// <summary>Keeps resolving within its limits, so that a small text cannot expand without end.</summary>
internal sealed class Budget(HoconOptions options)
{
    private long _left = options.MaxExpansion;
    private int _depth;

    public void Spend(long amount, HoconOrigin origin)
    {
        _left -= amount;
        if (_left < 0)
        {
            throw TooLarge(origin);
        }
    }

    public void Enter(HoconOrigin origin)
    {
        if (++_depth > options.MaxChain || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new HoconException(origin, "substitutions lead to one another in too long a chain", $"at most {options.MaxChain}");
        }

        Spend(1, origin);
    }

    public void Leave() => _depth--;

    /// <summary>Checks a finished value, which may hold the same part many times over.</summary>
    public T Check<T>(T value)
        where T : HoconValue
    {
        if (value.Weight > options.MaxExpansion)
        {
            throw TooLarge(value.Origin);
        }

        return value.Depth <= options.MaxNesting ? value
            : throw new HoconException(value.Origin, "the value is nested too deep", $"at most {options.MaxNesting} levels");
    }

    private HoconException TooLarge(HoconOrigin origin) =>
        new(origin, "substitutions expand to more than is allowed", $"at most {options.MaxExpansion} characters and values");
}
