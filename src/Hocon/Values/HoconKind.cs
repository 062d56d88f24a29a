namespace Runner.Hocon;

/// <summary>The types of JSON.</summary>
public enum HoconKind
{
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}
