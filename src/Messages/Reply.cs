namespace Runner.Messages;

/// <summary>A value, or the refusal that came instead of it.</summary>
public readonly record struct Reply<T>(T? Value, Refusal? Refusal)
{
    public static implicit operator Reply<T>(T value) => new(value, null);

    public static implicit operator Reply<T>(Refusal refusal) => new(default, refusal);
}
