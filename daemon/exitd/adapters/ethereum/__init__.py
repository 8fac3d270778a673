"""Signatures of Ethereum wallets."""
