namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// How much looking an answer may cost, in steps of some nanoseconds each: no rule, however it is written, keeps a node busy for
/// longer. A count of steps and not a time, so the same question has the same answer on every machine.
/// </summary>
/// <param name="steps">How many steps are left.</param>
internal struct SearchBudget(int steps)
{
    /// <summary>For one answer of a schedule: some milliseconds.</summary>
    public const int OfAnAnswer = 1_000_000;

    /// <summary>For reading a schedule, which counts what COUNT bounds: some tens of milliseconds.</summary>
    public const int OfReading = 7_000_000;

    private int _left = steps;

    /// <summary>The search was given up: what it answered is no answer.</summary>
    public readonly bool IsSpent => _left <= 0;

    /// <summary>Takes a step; false when there are none left.</summary>
    public bool Spend(int steps = 1) => (_left -= Math.Min(steps, _left)) > 0;
}
