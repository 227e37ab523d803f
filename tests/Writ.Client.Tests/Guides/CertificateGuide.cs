using System.Security.Cryptography.X509Certificates;

namespace Writ.Client.Tests;

/// <summary>The box of docs/certificates.md, so that the compiler reads it.</summary>
internal static class CertificateGuide
{
    internal static async Task<string> BeginAsync()
    {
        using var certificate = X509Certificate2.CreateFromPemFile("agent.pem", "agent.key");
        using var writ = new WritClient(new WritClientOptions
        {
            Issuer = "https://writ.example.org",
            ClientId = "spiffe://example.org/agent/billing",
            Certificate = certificate,
        });
        await using var task = await writ.OpenTaskAsync("monthly invoices", "orders:read@orders");
        using var orders = task.CreateClient("orders:read@orders");
        return await orders.GetStringAsync("https://orders.example.org/orders");
    }
}
