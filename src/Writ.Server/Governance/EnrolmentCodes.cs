using System.Security.Cryptography;
using System.Text;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>One-time codes that let an operator's key in: 256 random bits, kept as a hash.</summary>
public static class EnrolmentCodes
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    /// <summary>A code, shown once, and the row that is kept of it.</summary>
    public static (string Code, EnrolmentRow Row) Make(
        string name, string role, string? team, string maker, DateTimeOffset now)
    {
        var code = IdSource.Secret("writcode");
        return (code, new EnrolmentRow
        {
            CodeHash = Hash(code),
            Name = name,
            Role = role,
            Team = team,
            CreatedBy = maker,
            ExpiresAt = (now + Life).ToMicros(),
        });
    }

    /// <summary>A code has 256 random bits: its hash needs neither salt nor stretching.</summary>
    public static string Hash(string code) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(code)));
}
