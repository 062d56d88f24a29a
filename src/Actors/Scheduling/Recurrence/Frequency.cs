namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>The periods a rule repeats by (FREQ), shortest first.</summary>
internal enum Frequency
{
    Secondly,
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}
